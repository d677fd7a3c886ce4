/** What was found in a message: flows with their scores, values with their reasons, and what was left out of it. */
import type { Command, Understood } from '../../api/chats'
import { Isolated } from '../../ui/Isolated'
import { commandWords, valueText } from '../commandWords'
import { words } from '../words'

const say = words.how
const SHOWN = 4

const percent = (share: number): number => Math.round(Math.max(0, Math.min(1, share)) * 100)

export function Candidates({ local }: { local: Understood }) {
  const { candidates, thresholds, words: telling } = local
  if (!candidates || candidates.length === 0) return null
  const likely = candidates.filter(({ score }) => percent(score) > 0).slice(0, SHOWN)
  const start = thresholds?.start
  return (
    <section className="how-part">
      <h4 className="how-title">{say.flows}</h4>
      {likely.length === 0 && <p>{say.noFlow}</p>}
      {likely.map(({ flow, score }) => (
        <div key={flow} className="candidate">
          <span className="mono ell" title={flow}>
            {flow}
          </span>
          <span className="bar" aria-hidden>
            <i className={start !== undefined && score < start ? 'low' : ''} style={{ width: `${percent(score)}%` }} />
            {start !== undefined && <b style={{ left: `${percent(start)}%` }} />}
          </span>
          <span className="num t2">{percent(score)}%</span>
        </div>
      ))}
      <p className="t3">
        {start !== undefined && say.startsFrom(percent(start))} {likely.length > 0 && telling && telling.length > 0 && <Isolated text={say.spokeFor(telling.join(', '))} />}
      </p>
    </section>
  )
}

export function Values({ local: { values } }: { local: Understood }) {
  if (!values || values.length === 0) return null
  return (
    <section className="how-part">
      <h4 className="how-title">{say.values}</h4>
      {values.map(({ slot, value, why }) => (
        <div key={slot}>
          <span className="mono">{slot}</span> <span className="t3">=</span> <Isolated className="mono" text={valueText(value)} />
          <Isolated className="t3 how-why" text={why} />
        </div>
      ))}
    </section>
  )
}

export function LeftOut({ dropped }: { dropped: readonly { command: Command; why: string }[] }) {
  return (
    <section className="how-part">
      <h4 className="how-title">{say.leftOut}</h4>
      {dropped.map(({ command, why }, index) => (
        // Commands that were left out never change their order.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index}>
          <s className="how-gone">{commandWords(command)}</s>
          <Isolated className="t3 how-why" text={why} />
        </div>
      ))}
    </section>
  )
}
