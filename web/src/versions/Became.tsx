/** What became of a training: each change of its state, when, why and by whom; the newest first. */
import { useQuery } from '@tanstack/react-query'
import { api, type Training } from '../api'
import { useAssistant } from '../frame/assistant'
import { Failure, SkeletonRows } from '../ui/states'
import { secondsTime } from '../ui/time'
import { words } from './words'

const { became } = words.panel
/** Which of several orchestrators it was: for those who look closer. */
const WHICH = / [0-9a-f-]{36}$/

export function Became({ training }: { training: Training }) {
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery({
    queryKey: ['states', id, training.id, training.state],
    queryFn: () => api.trainingStates(id, training.id),
  })
  if (error && !data) return <Failure what={became.unreadable} error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows rows={3} widths={[64, 72, 280]} height={24} />
  return (
    <ol className="became small" aria-label={became.label}>
      {data.items.map((change) => (
        <li key={change.number}>
          <span className="t3 num">{secondsTime(change.at)}</span>
          <span className="med">{became.states[change.target] ?? change.target}</span>
          <span>
            {change.why}{' '}
            <span className="t3" title={change.who}>
              {change.who.replace(WHICH, '')}
            </span>
          </span>
        </li>
      ))}
    </ol>
  )
}
