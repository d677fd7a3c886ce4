/** Commands and values in words. */
import type { ReactNode } from 'react'

const PLAIN: Readonly<Record<string, string>> = {
  'cancel flow': 'Cancel the flow',
  'cannot handle': 'Not understood',
  'skip question': 'Skip the question',
  chitchat: 'Small talk',
  knowledge: 'Asks for knowledge',
  repeat: 'Repeat the last message',
  restart: 'Restart',
  'session start': 'Start a session',
  'session end': 'End the session',
  'user silence': 'Silence',
  noop: 'Nothing to do',
}

/** Slots that only the engine reads. */
export const HIDDEN_SLOTS: ReadonlySet<string> = new Set(['flow_hashes', 'session_started_metadata', 'requested_slot'])

export function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function commandWords(command: Record<string, unknown>): ReactNode {
  const name = String(command['command'] ?? '')
  switch (name) {
    case 'start flow':
      return (
        <>
          Start flow <span className="mono">{String(command['flow'])}</span>
        </>
      )
    case 'set slot':
      return (
        <>
          Set slot <span className="mono">{String(command['name'])}</span> <span className="t3">=</span> <span className="mono">{valueText(command['value'])}</span>
        </>
      )
    case 'correct slot':
      return <>Correct {list(command['corrected_slots'])}</>
    case 'clarify':
      return <>Ask which flow: {Array.isArray(command['options']) ? command['options'].map(String).join(', ') : ''}</>
    default:
      return PLAIN[name] ?? name
  }
}

function list(slots: unknown): ReactNode {
  if (!Array.isArray(slots)) return null
  return <span className="mono">{slots.map((slot: { name?: unknown; value?: unknown }) => `${String(slot.name)} = ${valueText(slot.value)}`).join(', ')}</span>
}

/** The name of what a bot sends besides texts. */
export const CUSTOM = 'Custom message'
