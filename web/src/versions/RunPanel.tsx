/** The latest training beside its version: state, stages and log. */
import { IconAlertCircle, IconCircleCheck, IconCircleDashed, IconLoader2, IconPlayerStop, type Icon as TablerIcon } from '@tabler/icons-react'
import { useState } from 'react'
import type { Training } from '../api'
import { Lines, useLog, useNow, whyOf } from '../drawer/TrainingLog'
import { useAssistant, useMay } from '../frame/assistant'
import { runs } from '../frame/latestTraining'
import { useLayout } from '../frame/layout'
import { ModelNotice } from '../frame/ModelNotice'
import { Resizer } from '../frame/Resizer'
import { StartTold } from '../frame/StartVersion'
import { stopTraining } from '../frame/training'
import { Button } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { elapsed } from '../ui/time'
import { TrainingBecame } from './Became'
import { stagesOf, type Stage } from './stages'
import { words } from './words'

/** A log needs more room than an inspector. */
const LEAST_WIDTH = 440

export function RunPanel({ training }: { training: Training }) {
  const { id } = useAssistant()
  const may = useMay('trainings:write')
  const width = Math.max(LEAST_WIDTH, useLayout((state) => state.inspector))
  const now = useNow(runs(training))
  const [told, setTold] = useState(false)
  const log = useLog(id, training)
  const end = training.ended_at ? Date.parse(training.ended_at) : now
  return (
    <aside className="inspector run" aria-label={words.panel.label(training.version.name)} style={{ width }}>
      <Resizer label={words.panel.width} direction={-1} value={width} min={LEAST_WIDTH} max={720} onChange={(inspector) => useLayout.setState({ inspector })} />
      <div className="run-head">
        <h2 className="h grow ell">{words.panel.title[training.state](training.version.number)}</h2>
        {training.started_at && <span className="small num t3">{elapsed(end - Date.parse(training.started_at))}</span>}
        {may && runs(training) && (
          <Button icon={IconPlayerStop} look="danger" onClick={() => void stopTraining(id, training.id)}>
            {words.panel.stop}
          </Button>
        )}
      </div>
      {runs(training) && (
        <div className="bar" role="progressbar" aria-label={words.panel.progress} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(training.progress * 100)}>
          <i style={{ width: `${Math.round(training.progress * 100)}%` }} />
        </div>
      )}
      <div className="run-stages">
        {/* Without the log nobody knows which stages are over. */}
        {log.lines && stagesOf(log.lines, training, now).map((stage) => <StageMark key={stage.name} stage={stage} />)}
      </div>
      {training.state !== 'succeeded' && training.state !== 'running' && <p className="small t2">{whyOf(training)}</p>}
      <StartTold />
      <ModelNotice problems={training.problems} />
      <section className="run-log card" aria-label={words.panel.log}>
        <div className="run-log-head">
          <h3 className="small med grow">{told ? words.panel.states : words.panel.log}</h3>
          {runs(training) && !told && <span className="small t3">{words.panel.following}</span>}
          <Button look="quiet" className="small-btn" aria-pressed={told} onClick={() => setTold(!told)}>
            {words.panel.showStates}
          </Button>
        </div>
        {/* The log scrolls, so that it must be reachable by keyboard. */}
        {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
        <div className="run-lines" tabIndex={0}>
          {told ? <TrainingBecame training={training} /> : <Lines log={log} training={training} />}
        </div>
      </section>
    </aside>
  )
}

const MARKS: Readonly<Record<Stage['state'], { icon: TablerIcon; hue: string }>> = {
  done: { icon: IconCircleCheck, hue: 'c-ok' },
  now: { icon: IconLoader2, hue: 'c-run' },
  failed: { icon: IconAlertCircle, hue: 'c-err' },
  open: { icon: IconCircleDashed, hue: 't3' },
}

function StageMark({ stage: { name, state, took } }: { stage: Stage }) {
  const mark = MARKS[state]
  return (
    <span className="status small">
      <span className={mark.hue}>
        <Icon of={mark.icon} size={14} className={state === 'now' ? 'spin' : ''} />
      </span>
      <span className={state === 'open' ? 't3' : state === 'now' ? 'c-run' : ''}>{name}</span>
      {took !== null && <span className="num t3">{elapsed(took)}</span>}
    </span>
  )
}
