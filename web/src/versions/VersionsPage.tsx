/** Versions, newest first: what was trained, what runs, and their downloads; the running training beside them. */
import { IconDownload, IconLoader2, IconMessageCircle, IconMoon, IconPlayerPlay, IconRocket, IconStack2 } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { api, type Version } from '../api'
import { versionsQuery } from '../app/queries'
import { focusSoon } from '../focus/soon'
import { useAssistant, useMay } from '../frame/assistant'
import { useComing, type Coming } from '../frame/coming'
import { useLayout } from '../frame/layout'
import { StartTold } from '../frame/StartVersion'
import { runs, useLatestTraining } from '../frame/latestTraining'
import { train } from '../frame/training'
import { useItemLink } from '../frame/useItemLink'
import { Avatar, Button, Tip, Why } from '../ui/controls'
import { Icon, type IconOf } from '../ui/Icon'
import { TrainingMark, whyOf } from '../ui/marks'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { bytes, elapsed, longTime } from '../ui/time'
import { DeleteModel } from './DeleteModel'
import { HistoryPanel } from './HistoryPanel'
import { Note } from './Note'
import { menuOf, RowMenu, type RowActs } from './RowMenu'
import { RunPanel } from './RunPanel'
import { useTalk } from './useTalk'
import { useNeeds } from './useNeeds'
import { words } from './words'
import './versions.css'

export default function VersionsPage() {
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery(versionsQuery(id))
  const latest = useLatestTraining(id)
  const dock = useLayout((state) => state.dock)
  const needOf = useNeeds()
  const [told, setTold] = useState<string | null>(null)
  const [deleting, setDeleting] = useState<Version | null>(null)
  const versions = data?.items.map((version) => (latest && latest.version.id === version.id ? { ...version, training: latest } : version)) ?? []
  const history = versions.find((version) => version.id === told)
  const acts: RowActs = { history: (version) => setTold(version.id), deleteModel: setDeleting }
  const closeHistory = () => {
    setTold(null)
    if (history) focusSoon(() => menuOf(history.id))
  }
  return (
    <div className="versions">
      <div className="versions-parts">
        <main className="work" id="work">
          <div className="versions-head">
            <h2 className="title">{words.title}</h2>
          </div>
          {error && !data ? (
            <Failure what={words.unreadable} error={error} again={() => void refetch()} />
          ) : !data ? (
            <SkeletonRows widths={[40, 240, 120, 120]} height={36} />
          ) : data.items.length === 0 ? (
            <Empty icon={IconStack2} title={words.none} actions={<TrainFirst />}>
              {words.noneWhy}
            </Empty>
          ) : (
            <>
              {dock && !runs(latest) && <StartTold />}
              <Table versions={versions} told={told} acts={acts} />
            </>
          )}
        </main>
        {history ? <HistoryPanel version={history} onClose={closeHistory} /> : latest && (!dock || runs(latest)) && <RunPanel key={latest.id} training={latest} />}
      </div>
      <DeleteModel version={deleting} needOf={needOf} acts={acts} onClose={() => setDeleting(null)} />
    </div>
  )
}

function TrainFirst() {
  const { id } = useAssistant()
  const go = useItemLink()
  const may = useMay('trainings:write')
  const latest = useLatestTraining(id)
  if (!may || runs(latest)) return null
  return (
    <Button look="primary" icon={IconPlayerPlay} onClick={() => void train(id, go)}>
      {words.train}
    </Button>
  )
}

function Table({ versions, told, acts }: { versions: readonly Version[]; told: string | null; acts: RowActs }) {
  return (
    <div className="scroll vt-scroll">
      <table className="table vt">
        <colgroup>
          <col className="v-number" />
          <col />
          <col className="v-by" />
          <col className="v-at" />
          <col className="v-training" />
          <col className="v-active" />
          <col className="v-model" />
          <col className="v-more" />
        </colgroup>
        <thead>
          <tr>
            <th>{words.columns.number}</th>
            <th>{words.columns.note}</th>
            <th>{words.columns.author}</th>
            <th>{words.columns.saved}</th>
            <th>{words.columns.training}</th>
            <th>{words.columns.deployed}</th>
            <th className="r">{words.columns.model}</th>
            <th>
              <span className="sr">{words.columns.actions}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <Row key={version.id} version={version} told={version.id === told} acts={acts} />
          ))}
        </tbody>
      </table>
      {versions.length === 1 && <p className="small t3 versions-first">{words.first}</p>}
    </div>
  )
}

function Row({ version, told, acts }: { version: Version; told: boolean; acts: RowActs }) {
  const { id, deployment } = useAssistant()
  const mayTry = useMay('chats:write')
  const mayDeploy = useMay('deployments:write')
  const mayExport = useMay('assistants:export')
  const [talking, talk] = useTalk(id)
  const next = useComing()
  const sleeps = deployment !== null && deployment.asleep && deployment.version.id === version.id
  const answers = version.active || sleeps
  const size = version.model ? [bytes(version.model.bytes)] : []
  const canTalk = mayTry && version.model !== null && (answers || mayDeploy)
  return (
    <tr className={told ? 'sel' : undefined}>
      <td className="num med">{version.number}</td>
      <td>
        <Note version={version} />
        <span className="small t3 num ell v-under">{[version.by.name, longTime(version.created_at), ...size].join(' · ')}</span>
      </td>
      <td>
        <span className="hs">
          <Avatar name={version.by.name} small />
          <span className="ell">{version.by.name}</span>
        </span>
      </td>
      <td className="num t2">{longTime(version.created_at)}</td>
      <td>
        <Trained version={version} />
      </td>
      <td>
        {next?.version.id === version.id ? (
          <Start of={next} />
        ) : (
          answers && (
            <State of={sleeps ? words.asleep : words.deployed} icon={sleeps ? IconMoon : IconRocket} hue={sleeps ? 't2' : ''} why={sleeps ? whyOf(deployment) : null} />
          )
        )}
      </td>
      <td className="r t2">{size}</td>
      <td>
        <span className="hs v-actions">
          {canTalk && (
            <Tip label={answers ? words.talk : words.runAndTalk}>
              <button type="button" className="ib s" aria-label={words.talkTo(version.number)} aria-busy={talking} onClick={() => talk(version, answers)}>
                <Icon of={talking ? IconLoader2 : IconMessageCircle} size={14} className={talking ? 'spin' : ''} />
              </button>
            </Tip>
          )}
          {mayExport && (
            <Tip label={words.download}>
              <a className="ib s" href={api.versionProjectAddress(id, version.id)} aria-label={words.downloadOf(version.number)}>
                <Icon of={IconDownload} size={14} />
              </a>
            </Tip>
          )}
          <RowMenu version={version} acts={acts} />
        </span>
      </td>
    </tr>
  )
}

function Start({ of: { state, reason } }: { of: Coming }) {
  const starts = state === 'starting'
  return <State of={starts ? words.starting : words.didNotStart} hue={starts ? 'c-run' : 'c-err'} why={reason} />
}

/** Where a model stands, and why. */
function State({ of, hue, why, icon }: { of: string; hue: string; why: string | null; icon?: IconOf }) {
  return (
    <Why className={`status ${hue}`} why={why}>
      {icon && <Icon of={icon} size={14} />}
      {of}
    </Why>
  )
}

function Trained({ version: { training, model_deleted: deleted } }: { version: Version }) {
  if (deleted && training?.state === 'succeeded' && Date.parse(training.ended_at ?? deleted.at) <= Date.parse(deleted.at)) {
    return (
      <TrainingMark training={null}>
        <Why why={words.history.deleted(deleted.by.name, longTime(deleted.at))}>{words.modelDeleted}</Why>
      </TrainingMark>
    )
  }
  if (training === null) return <TrainingMark training={null}>{words.untrained}</TrainingMark>
  const took = training.started_at && training.ended_at ? ` · ${elapsed(Date.parse(training.ended_at) - Date.parse(training.started_at))}` : ''
  const state = training.state === 'running' ? words.states.running(Math.round(training.progress * 100)) : words.states[training.state]
  return (
    <TrainingMark training={training}>
      <Why why={whyOf(training)}>
        <span className={training.state === 'succeeded' ? 't2' : ''}>{state}</span>
        {training.state === 'succeeded' && <span className="t3 num took">{took}</span>}
      </Why>
    </TrainingMark>
  )
}
