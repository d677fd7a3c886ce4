/** What became of a training or of a model that ran: each change of its state, when, why and by whom; the newest first. */
import { useQuery } from '@tanstack/react-query'
import { api, type Deployment, type StateChanges, type Training } from '../api'
import { useAssistant } from '../frame/assistant'
import { Failure, SkeletonRows } from '../ui/states'
import { longTime, secondsTime } from '../ui/time'
import { shownState, whoChanged } from './changes'
import { words } from './words'

const { became } = words

type Work = Pick<Training | Deployment, 'id' | 'state'>

interface Props {
  work: Work
  read: () => Promise<StateChanges>
  label: string
  names: Readonly<Record<string, string>>
  /** What the newest change is called, where it isn't its state's name. */
  newest?: string | undefined
}

function Became({ work, read, label, names, newest }: Props) {
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery({ queryKey: ['states', id, work.id, work.state], queryFn: read })
  if (error && !data) return <Failure what={became.unreadable} error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows rows={3} widths={[64, 72, 280]} height={24} />
  return (
    <ol className="states small" aria-label={label}>
      {data.items.map((change, at) => (
        <li key={change.number}>
          <span className="t3 num" title={longTime(change.at)}>
            {secondsTime(change.at)}
          </span>
          <span className="med">{(at === 0 && newest) || (names[change.target] ?? change.target)}</span>
          <span>
            {change.why}{' '}
            {/* Which of several orchestrators it was: for those who look closer. */}
            <span className="t3" title={change.who}>
              {whoChanged(change.who)}
            </span>
          </span>
        </li>
      ))}
    </ol>
  )
}

export function TrainingBecame({ training }: { training: Work }) {
  const { id } = useAssistant()
  return <Became work={training} read={() => api.trainingStates(id, training.id)} label={became.ofTraining} names={became.training} />
}

export function RunBecame({ run }: { run: Deployment }) {
  const { id } = useAssistant()
  return <Became work={run} read={() => api.deploymentStates(id, run.id)} label={became.ofRun} names={became.run} newest={shownState(run) === 'asleep' ? became.run.asleep : undefined} />
}
