/** What became of a training or of a model that ran: each change of its state, when, why and by whom; the newest first. */
import { useQuery } from '@tanstack/react-query'
import { api, type Deployment, type StateChanges, type Training } from '../api'
import { useAssistant } from '../frame/assistant'
import { Failure, SkeletonRows } from '../ui/states'
import { longTime, secondsTime } from '../ui/time'
import { words } from './words'

const { became } = words
/** Which of several orchestrators it was: for those who look closer. */
const WHICH = / [0-9a-f-]{36}$/

type Work = Pick<Training | Deployment, 'id' | 'state'>

interface Props {
  work: Work
  read: () => Promise<StateChanges>
  label: string
  names: Readonly<Record<string, string>>
}

function Became({ work, read, label, names }: Props) {
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery({ queryKey: ['states', id, work.id, work.state], queryFn: read })
  if (error && !data) return <Failure what={became.unreadable} error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows rows={3} widths={[64, 72, 280]} height={24} />
  return (
    <ol className="states small" aria-label={label}>
      {data.items.map((change) => (
        <li key={change.number}>
          <span className="t3 num" title={longTime(change.at)}>
            {secondsTime(change.at)}
          </span>
          <span className="med">{names[change.target] ?? change.target}</span>
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

export function TrainingBecame({ training }: { training: Work }) {
  const { id } = useAssistant()
  return <Became work={training} read={() => api.trainingStates(id, training.id)} label={became.ofTraining} names={became.training} />
}

export function RunBecame({ run }: { run: Work }) {
  const { id } = useAssistant()
  return <Became work={run} read={() => api.deploymentStates(id, run.id)} label={became.ofRun} names={became.run} />
}
