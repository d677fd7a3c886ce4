/** One line of the timeline. */
import {
  IconAlertCircle,
  IconArrowNarrowRight,
  IconArrowsSplit2,
  IconBan,
  IconBolt,
  IconCircleCheck,
  IconClock,
  IconEqual,
  IconInfoCircle,
  IconMessage2,
  IconPlayerPause,
  IconPlayerPlay,
  IconRepeat,
  IconRoute,
  IconTerminal2,
  type Icon as TablerIcon,
} from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Entry } from '../api/chats'
import { useAssistant } from '../frame/assistant'
import { Icon } from '../ui/Icon'
import { Isolated } from '../ui/Isolated'
import { commandWords, HIDDEN_SLOTS, valueText } from './commandWords'
import { useSpoken } from './spoken'
import { words } from './words'

const LOOKS: Readonly<Record<string, { icon: TablerIcon; hue: string }>> = {
  command: { icon: IconTerminal2, hue: 'k-run' },
  flow_started: { icon: IconRoute, hue: 'k-link' },
  flow_interrupted: { icon: IconPlayerPause, hue: 'k-link' },
  flow_resumed: { icon: IconPlayerPlay, hue: 'k-link' },
  flow_completed: { icon: IconCircleCheck, hue: 'k-end' },
  flow_cancelled: { icon: IconBan, hue: 'k-end' },
  slot: { icon: IconEqual, hue: 'k-set' },
  bot: { icon: IconMessage2, hue: 'k-message' },
  action: { icon: IconBolt, hue: 'k-action' },
  step: { icon: IconArrowsSplit2, hue: 'k-logic' },
  waiting: { icon: IconClock, hue: 'k-run' },
  error: { icon: IconAlertCircle, hue: 'k-pattern' },
}
const OTHER = { icon: IconInfoCircle, hue: 'k-end' }

const FLOW_WORDS: Readonly<Record<string, string>> = words.entryRow.flows

/** Steps are told by what they do; only a step that chose a branch has a line of its own. Talk of the session is left out. */
export function showsInTimeline(entry: Entry): boolean {
  if (entry.kind === 'step') return entry.branch !== null && entry.branch !== undefined
  // Each question is asked by a pattern of its own; that it is waited for says enough.
  if (entry.kind.startsWith('flow_') && entry.flow === 'pattern_collect_information') return false
  // A slot that is emptied when it was empty tells nothing.
  if (entry.kind === 'slot' && valueText(entry.old) === valueText(entry.new)) return false
  if (entry.kind === 'slot') return !HIDDEN_SLOTS.has(entry.name ?? entry.slot ?? '')
  if (entry.kind === 'action') return !(entry.name ?? '').startsWith('utter_') && entry.name !== 'action_listen'
  return entry.kind !== 'session'
}

export function EntryRow({ entry }: { entry: Entry }) {
  const pattern = entry.flow?.startsWith('pattern_') && entry.kind.startsWith('flow_')
  const look = pattern ? { icon: IconRepeat, hue: 'k-pattern' } : (LOOKS[entry.kind] ?? OTHER)
  const text = <span className="x">{contentOf(entry)}</span>
  return (
    <div className="ev">
      <span className="dot">
        <span className={`tile ${look.hue}`}>
          <Icon of={look.icon} size={12} />
        </span>
      </span>
      {entry.flow ? <ToStep flow={entry.flow} step={entry.step ?? null}>{text}</ToStep> : text}
      {typeof entry.ms === 'number' && entry.ms >= 1 && <span className="tm">{Math.round(entry.ms)} {words.entryRow.ms}</span>}
    </div>
  )
}

/** A click on an event shows its step on the canvas. */
function ToStep({ flow, step, children }: { flow: string; step: string | null; children: ReactNode }) {
  const assistant = useAssistant()
  return (
    <Link className="ev-link" to="/a/$assistant/flows/$flow" params={{ assistant: assistant.name, flow }} search={step === null ? {} : { step }}>
      {children}
    </Link>
  )
}

/** Steps without an id of their own have a key that says their kind and a number; only the kind is for people. */
function readableStep(key: string): string {
  return key.replace(/-[0-9a-f]{10}$/, '')
}

/** A condition without what it is read from: people know slots by their names. */
function readableCondition(text: string): string {
  return text.replaceAll(/\b(slots|context)\./g, '')
}

function Spoken({ text }: { text: string }) {
  return <bdi className="t2">{useSpoken(text)}</bdi>
}

function contentOf(entry: Entry): ReactNode {
  switch (entry.kind) {
    case 'command':
      return commandWords(entry.command ?? {})
    case 'slot':
      return (
        <>
          <span className="mono">{entry.name ?? entry.slot}</span> <Isolated className="t3 mono" text={valueText(entry.old)} />{' '}
          <span className="t3 inl">
            <Icon of={IconArrowNarrowRight} size={12} />
          </span>{' '}
          <Isolated className="mono" text={valueText(entry.new)} />
        </>
      )
    case 'bot':
      return <Spoken text={entry.text ?? words.entryRow.aMessageWithoutText} />
    case 'action':
      return (
        <>
          <span className="mono">{entry.name}</span>
          {entry.error && <> <Isolated className="c-err" text={entry.error} /></>}
        </>
      )
    case 'step':
      return (
        <>
          {entry.branch === 'else' ? words.entryRow.else : <Isolated className="mono" text={readableCondition(String(entry.branch))} />}{' '}
          <span className="t3 inl">
            <Icon of={IconArrowNarrowRight} size={12} />
          </span>{' '}
          <span className="t2 mono">{readableStep(entry.step ?? '')}</span>
        </>
      )
    case 'waiting':
      return (
        <>
          <span className="c-run med">{words.entryRow.waitingAt}</span> <span className="mono c-run">{entry.slot ?? entry.name ?? entry.step}</span>
        </>
      )
    case 'error':
      return <Isolated className="c-err" text={entry.text ?? entry.error ?? ''} />
    default:
      if (FLOW_WORDS[entry.kind])
        return (
          <>
            <span className="mono">{entry.flow}</span> <span className="t2">{FLOW_WORDS[entry.kind]}</span>
          </>
        )
      return <Isolated className="t2" text={entry.text ?? entry.name ?? entry.kind.replaceAll('_', ' ')} />
  }
}
