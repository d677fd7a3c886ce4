import { IconAlertCircle, IconMoon, IconRocket } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { AssistantSummary, Deployment } from '../api'
import { languagesOf } from '../frame/assistant'
import { AssistantTile } from '../frame/AssistantSwitcher'
import { Avatar, LanguageTags, Tip, Why } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { ProblemCount, TrainingMark, whyOf } from '../ui/marks'
import { shortTime } from '../ui/time'
import { AssistantMenu } from './AssistantMenu'
import { words } from './words'

export function AssistantsTable({ assistants }: { assistants: readonly AssistantSummary[] }) {
  return (
    <table className="table home">
      <colgroup>
        <col />
        <col className="home-languages" />
        <col className="home-deployed" />
        <col className="home-training" />
        <col className="home-change" />
        <col className="home-more" />
      </colgroup>
      <thead>
        <tr>
          <th>{words.assistantsTable.name}</th>
          <th>{words.assistantsTable.languages}</th>
          <th>{words.assistantsTable.deployed}</th>
          <th>{words.assistantsTable.training}</th>
          <th>{words.assistantsTable.lastChange}</th>
          <th>
            <span className="sr">{words.assistantsTable.more}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {assistants.map((assistant) => (
          <Row key={assistant.id} assistant={assistant} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ assistant }: { assistant: AssistantSummary }) {
  const { name, title, problems, training, deployment, failed_start: failed, last_change: change } = assistant
  return (
    <tr>
      <td>
        <span className="hs home-name">
          <AssistantTile title={title} large ink={false} />
          <Link to="/a/$assistant" params={{ assistant: name }} className="home-link">
            <span className="med ell">{title}</span>
            <span className="mono t3 ell">{name}</span>
          </Link>
          <span className="sp" />
          <ProblemCount counts={problems} />
        </span>
      </td>
      <td>
        <LanguageTags languages={languagesOf(assistant)} />
      </td>
      <td>
        <Deployed assistant={assistant} deployment={deployment} failed={failed} />
      </td>
      <td>
        <Trained training={training} />
      </td>
      <td>
        {change && (
          <span className="hs" title={change.words}>
            <Avatar name={change.by.name} small />
            <span className="t2 num">{shortTime(change.at)}</span>
          </span>
        )}
      </td>
      <td>
        <AssistantMenu assistant={assistant} />
      </td>
    </tr>
  )
}

/** The model that answers, and the newest one where it didn't start: its page says why. */
function Deployed({ assistant, deployment, failed }: { assistant: AssistantSummary; deployment: Deployment | null; failed: Deployment | null }) {
  const runs = deployment !== null && (deployment.asleep || (deployment.state !== 'stopped' && deployment.state !== 'failed'))
  const broken = failed ?? (deployment?.state === 'failed' ? deployment : null)
  if (!runs && broken === null) return <span className="t3">{words.assistantsTable.notDeployed}</span>
  const said = broken && (broken === failed ? words.assistantsTable.didNotStart : words.assistantsTable.failed)(broken.version.number)
  const told = [<Icon key="mark" of={IconAlertCircle} size={14} />, said]
  const look = 'status c-err home-failed'
  return (
    <>
      {runs && <Running deployment={deployment} />}
      {broken && !assistant.permissions.includes('trainings:read') && <Why className={look} why={broken.reason}>{told}</Why>}
      {broken && assistant.permissions.includes('trainings:read') && (
        <Tip label={broken.reason}>
          <Link to="/a/$assistant/versions" params={{ assistant: assistant.name }} className={look}>
            {told}
          </Link>
        </Tip>
      )}
    </>
  )
}

function Running({ deployment }: { deployment: Deployment }) {
  const says = words.assistantsTable
  const states: Partial<Record<Deployment['state'], string>> = { queued: says.waiting, starting: says.starting, running: says.try, stopping: says.stopping }
  return (
    <Why className="status" why={whyOf(deployment)}>
      <Icon of={deployment.asleep ? IconMoon : IconRocket} size={14} />
      {states[deployment.state] ?? says.asleep} <span className="t3 num">{words.assistantsTable.version(deployment.version.number)}</span>
    </Why>
  )
}

function Trained({ training }: Pick<AssistantSummary, 'training'>) {
  const version = training?.version.number ?? 0
  const percent = Math.round((training?.progress ?? 0) * 100)
  const said = {
    none: words.assistantsTable.neverTrained,
    queued: training?.place ? words.assistantsTable.queuedPlace(training.place) : words.assistantsTable.queued,
    running: words.assistantsTable.trainingNow(version, percent),
    succeeded: words.assistantsTable.trained(shortTime(training?.ended_at ?? training?.created_at ?? 0)),
    failed: words.assistantsTable.trainingFailed,
    cancelled: words.assistantsTable.trainingStopped,
  }[training?.state ?? 'none']
  return (
    <>
      <TrainingMark training={training}>
        <Why className={training?.state === 'running' || training?.state === 'failed' ? 'num' : 't2 num'} why={training && whyOf(training)}>
          {said}
        </Why>
      </TrainingMark>
      {training?.state === 'running' && (
        <div className="bar home-bar">
          <i style={{ width: `${percent}%` }} />
        </div>
      )}
    </>
  )
}
