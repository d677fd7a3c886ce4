/** Commands and values in words. */
import { Fragment, type ReactNode } from 'react'
import type { Entry } from '../api/chats'
import { Isolated } from '../ui/Isolated'
import { words } from './words'

const PLAIN: Readonly<Record<string, string>> = {
  'cancel flow': words.commandWords.cancelTheFlow,
  'cannot handle': words.commandWords.notUnderstood,
  'skip question': words.commandWords.skipTheQuestion,
  chitchat: words.commandWords.smallTalk,
  knowledge: words.commandWords.asksForKnowledge,
  repeat: words.commandWords.repeatTheLastMessage,
  restart: words.commandWords.restart,
  'human handoff': words.commandWords.handToAPerson,
  'handle code change': words.commandWords.flowChanged,
  change_flow: words.commandWords.changeTheFlow,
  'continue agent': words.commandWords.agentGoesOn,
  'restart agent': words.commandWords.agentBeginsAgain,
  'session start': words.commandWords.startASession,
  'session end': words.commandWords.endTheSession,
  'user silence': words.commandWords.silence,
  noop: words.commandWords.nothingToDo,
}

/** Messages that nobody tries to understand, by the error that they are. */
const ERRORS: Readonly<Record<string, string>> = {
  rasa_internal_error_user_input_too_long: words.commandWords.tooLong,
  rasa_internal_error_user_input_empty: words.commandWords.nothingSaid,
}

/** Why a turn's message was refused unread; null where it was not. */
export function refusal(entries: readonly Entry[]): string | null {
  const error = entries.find(({ kind, command }) => kind === 'command' && command?.['command'] === 'error')
  return ERRORS[String(error?.command?.['error_type'])] ?? null
}

/** Slots that only the engine reads. */
export const HIDDEN_SLOTS: ReadonlySet<string> = new Set(['flow_hashes', 'session_started_metadata', 'requested_slot'])

export function valueText(value: unknown): string {
  if (value === null || value === undefined) return words.commandWords.empty
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function commandWords(command: Record<string, unknown>): ReactNode {
  const name = String(command['command'] ?? '')
  switch (name) {
    case 'start flow':
      return (
        <>
          {words.commandWords.startFlow} <span className="mono">{String(command['flow'])}</span>
        </>
      )
    case 'set slot':
      return (
        <>
          {words.commandWords.setSlot} <span className="mono">{String(command['name'])}</span> <span className="t3">=</span> <Isolated className="mono" text={valueText(command['value'])} />
        </>
      )
    case 'correct slot':
      return <>{words.commandWords.correct} {corrected(command['corrected_slots'])}</>
    case 'clarify':
      return <>{words.commandWords.askWhichFlow} {options(command['options'])}</>
    case 'error':
      return <span className="c-err">{ERRORS[String(command['error_type'])] ?? words.commandWords.failed}</span>
    default:
      return PLAIN[name] ?? name
  }
}

// Each name and value stands by itself, as in every line: one that is read from the right is cut at its own end.
function corrected(slots: unknown): ReactNode {
  if (!Array.isArray(slots)) return null
  return slots.map((slot: { name?: unknown; value?: unknown }, index) => (
    // Slots of one command never change their order.
    // oxlint-disable-next-line react/no-array-index-key
    <Fragment key={index}>
      {index > 0 && <Between />}
      <span className="mono">{String(slot.name)}</span> <span className="t3">=</span> <Isolated className="mono" text={valueText(slot.value)} />
    </Fragment>
  ))
}

function options(flows: unknown): ReactNode {
  if (!Array.isArray(flows)) return null
  return flows.map((flow, index) => (
    // Nor do the flows that are asked for.
    // oxlint-disable-next-line react/no-array-index-key
    <Fragment key={index}>
      {index > 0 && <Between />}
      <Isolated className="mono" text={String(flow)} />
    </Fragment>
  ))
}

function Between() {
  return <span className="t3">{' · '}</span>
}

/** The name of what a bot sends besides texts. */
export const CUSTOM = words.commandWords.customMessage
