/** What the conversation knows now: the stack, and the slots that hold something or changed in the turn. */
import type { ChatState, Turn } from '../api/chats'
import { useAssistant } from '../frame/assistant'
import { Isolated } from '../ui/Isolated'
import { useChat } from './session'
import { HIDDEN_SLOTS, valueText } from './commandWords'
import { words } from './words'

export function StateNow() {
  const { turns, state } = useChat(useAssistant().id)
  const last = turns.at(-1)
  if (state === null || last === undefined) return null
  const slots = slotsOf(state, last)
  const stack = state.stack.map((frame) => String(frame['flow_id'] ?? frame['type'] ?? '')).filter((flow) => flow !== 'pattern_collect_information')
  return (
    <div className="state">
      <div className="hs state-head">
        <h3 className="h small nowrap">{words.stateNow.stateNow}</h3>
        <span className="micro t3 nowrap">{words.stateNow.afterTurn(last.number)}</span>
        <span className="sp" />
        <div className="hs state-stack">
          <span className="micro t3">{words.stateNow.stack}</span>
          {stack.length === 0 ? <span className="micro t3">{words.stateNow.empty}</span> : <Stack flows={stack} />}
        </div>
      </div>
      <div className="state-body">
        <table className="table mini">
          <caption className="sr">{words.stateNow.slots}</caption>
          <tbody>
            {slots.map(({ name, old, value }) => (
              <tr key={name}>
                <th scope="row" className="mono">{name}</th>
                <td className="mono">
                  {old !== undefined && (
                    <span className="t3">
                      <Isolated text={valueText(old)} />{' → '}
                    </span>
                  )}
                  <Isolated text={valueText(value)} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  )
}

/** All flows of the stack, the one that talks first; the others wait until it ends. */
function Stack({ flows }: { flows: readonly string[] }) {
  return (
    <ol className="hs">
      {flows.toReversed().map((flow, index) => (
        <li key={`${flow} ${flows.length - index}`} className={index === 0 ? 'tag mono ell' : 'tag mono ell t3'} title={index === 0 ? flow : `${flow}: ${words.stateNow.interrupted}`}>
          {flow}
        </li>
      ))}
    </ol>
  )
}

/** Slots that every assistant has: of interest only when they change. */
const OWN_AFFAIRS = new Set(['silence_timeout', 'consecutive_silence_timeouts', 'max_clarification_options', 'language', 'mocked_datetime'])

/** Changed ones first, with what they held before; then what else is filled. Pure. */
export function slotsOf(state: ChatState, last: Turn): { name: string; old?: unknown; value: unknown }[] {
  const before = new Map<string, unknown>()
  for (const entry of last.entries) {
    const name = entry.name ?? entry.slot
    if (entry.kind === 'slot' && name && !before.has(name)) before.set(name, entry.old ?? null)
  }
  const shown = Object.entries(state.slots).filter(([name]) => !HIDDEN_SLOTS.has(name))
  // What was filled with what it held, or came back to it, did not change.
  const isChanged = (name: string, value: unknown) => before.has(name) && valueText(before.get(name)) !== valueText(value)
  const changed = shown.filter(([name, slot]) => isChanged(name, slot.value)).map(([name, slot]) => ({ name, old: before.get(name), value: slot.value }))
  const filled = shown.filter(([name, slot]) => !isChanged(name, slot.value) && !OWN_AFFAIRS.has(name) && slot.value !== null).map(([name, slot]) => ({ name, value: slot.value }))
  return [...changed, ...filled]
}
