/** Commands and values in words. */
import type { ReactNode } from 'react'
import { words } from './words'

const PLAIN: Readonly<Record<string, string>> = {
  'cancel flow': words.commandWords.cancelTheFlow,
  'cannot handle': words.commandWords.notUnderstood,
  'skip question': words.commandWords.skipTheQuestion,
  chitchat: words.commandWords.smallTalk,
  knowledge: words.commandWords.asksForKnowledge,
  repeat: words.commandWords.repeatTheLastMessage,
  restart: words.commandWords.restart,
  'session start': words.commandWords.startASession,
  'session end': words.commandWords.endTheSession,
  'user silence': words.commandWords.silence,
  noop: words.commandWords.nothingToDo,
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
          {words.commandWords.setSlot} <span className="mono">{String(command['name'])}</span> <span className="t3">=</span> <span className="mono">{valueText(command['value'])}</span>
        </>
      )
    case 'correct slot':
      return <>{words.commandWords.correct} {list(command['corrected_slots'])}</>
    case 'clarify':
      return <>{words.commandWords.askWhichFlow} {Array.isArray(command['options']) ? command['options'].map(String).join(', ') : ''}</>
    default:
      return PLAIN[name] ?? name
  }
}

function list(slots: unknown): ReactNode {
  if (!Array.isArray(slots)) return null
  return <span className="mono">{slots.map((slot: { name?: unknown; value?: unknown }) => `${String(slot.name)} = ${valueText(slot.value)}`).join(', ')}</span>
}

/** The name of what a bot sends besides texts. */
export const CUSTOM = words.commandWords.customMessage
