/** The conversation as it was understood and what came of it, turn by turn. The same component serves the review. */
import { useEffect, useRef } from 'react'
import type { Entry, Turn } from '../api/chats'
import { useAssistant } from '../frame/assistant'
import { Isolated } from '../ui/Isolated'
import { EntryRow, showsInTimeline } from './EntryRow'
import { saidIn } from './said'
import { update, useChat } from './session'
import { HowUnderstood } from './how/HowUnderstood'
import { Sources } from './how/Sources'
import { words } from './words'

export function Timeline() {
  const assistant = useAssistant()
  const { turns, chosen } = useChat(assistant.id)
  const current = chosen ?? turns.at(-1)?.number ?? null
  const row = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (current !== null) row.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  if (turns.length === 0)
    return (
      <div className="scroll2">
        <p className="t3 small insp-empty">{words.timeline.whatAppearsHere}</p>
      </div>
    )
  return (
    <section className="scroll2" aria-label={words.timeline.timeline}>
      {turns.map((turn) => (
        <div key={turn.number} ref={turn.number === current ? row : null}>
          <TurnRows turn={turn} current={turn.number === current} onChoose={() => update(assistant.id, { chosen: turn.number === turns.at(-1)?.number ? null : turn.number })} />
        </div>
      ))}
    </section>
  )
}

function TurnRows({ turn, current, onChoose }: { turn: Turn; current: boolean; onChoose: () => void }) {
  const said = saidIn(turn)
  const entries: readonly Entry[] = turn.entries.filter(showsInTimeline)
  return (
    <div className={`turn${current ? ' cur' : ''}`}>
      <button type="button" className="turnh" aria-pressed={current} onClick={onChoose}>
        <span className="num t3 micro turn-number">{turn.number}</span>
        <Isolated className="ell med" text={said ?? words.timeline.beginning} />
        {turn.duration_ms !== null && <span className="tm micro t3 num">{Math.round(turn.duration_ms)} {words.timeline.ms}</span>}
      </button>
      <div className="tl">
        {entries.map((entry, index) => (
          // Entries of a turn never change their order.
          // oxlint-disable-next-line react/no-array-index-key
          <EntryRow key={index} entry={entry} />
        ))}
      </div>
      {entries.map(
        (entry, index) =>
          // As above.
          // oxlint-disable-next-line react/no-array-index-key
          entry.search && <Sources key={index} search={entry.search} />,
      )}
      {said !== null && turn.trace && <HowUnderstood turn={turn} trace={turn.trace} current={current} />}
    </div>
  )
}
