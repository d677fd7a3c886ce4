/** How the chosen turn was understood: by what, which flows came into question, and where the time went. */
import type { Trace } from '../api/chats'
import { words } from './words'

/** What the engine's timings are called here; sums of them are left out. */
const TIMES: Readonly<Record<string, string>> = words.understanding.times

const SOURCES: Readonly<Record<string, string>> = words.understanding.sources

export function Understanding({ trace }: { trace: Trace }) {
  const candidates = trace.understanding?.candidates ?? []
  const times = Object.entries(trace.times ?? {}).flatMap(([name, ms]) => (TIMES[name] ? [[TIMES[name], ms] as const] : []))
  const source = trace.understanding?.source
  if (candidates.length === 0 && times.length === 0) return null
  return (
    <div className="well understanding">
      {source && <p className="micro t2">{words.understanding.by(SOURCES[source] ?? source)}</p>}
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
