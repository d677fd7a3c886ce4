/** How the chosen turn was understood: by what, which flows came into question, and where the time went. */
import type { Trace, Turn } from '../api/chats'
import { refusal } from './commandWords'
import { words } from './words'

/** What the engine's timings are called here; sums of them are left out. */
const TIMES: Readonly<Record<string, string>> = words.understanding.times

const SOURCES: Readonly<Record<string, string>> = words.understanding.sources

/** What understood the message. Without any understanding are read: payloads, answers that a question takes as they are, and what is refused. */
function understoodBy(turn: Turn, trace: Trace): string | null {
  const refused = refusal(turn.entries)
  if (refused !== null) return words.understanding.refused(refused)
  const source = trace.understanding?.source
  if (!source) return null
  const isPayload = turn.user?.text?.trimStart().startsWith('/') ?? false
  return words.understanding.by(source === 'payload' && !isPayload ? words.understanding.question : (SOURCES[source] ?? source))
}

export function Understanding({ turn, trace }: { turn: Turn; trace: Trace }) {
  const candidates = trace.understanding?.candidates ?? []
  const times = Object.entries(trace.times ?? {}).flatMap(([name, ms]) => (TIMES[name] ? [[TIMES[name], ms] as const] : []))
  const by = understoodBy(turn, trace)
  if (candidates.length === 0 && times.length === 0) return null
  return (
    <div className="well understanding">
      {by && <p className="micro t2">{by}</p>}
      {candidates.slice(0, 4).map(({ flow, score }) => (
        <div key={flow} className="candidate micro">
          <span className="mono ell">{flow}</span>
          <span className="bar">
            <i style={{ width: `${Math.round(Math.max(0, Math.min(1, score)) * 100)}%` }} />
          </span>
          <span className="num t2">{Math.round(score * 100)}%</span>
        </div>
      ))}
      {times.length > 0 && (
        <p className="micro t3 num">
          {times.map(([name, ms]) => `${name} ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`).join(' · ')}
        </p>
      )}
    </div>
  )
}
