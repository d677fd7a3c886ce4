/** What became of a version, beside the table: each time that it ran, and its training; what still runs is stopped here. */
import { IconAlertCircle, IconChevronDown, IconChevronRight, IconClock, IconLoader2, IconMoon, IconPlayerStop, IconRocket, IconSquare, IconTrash, IconX, type Icon as TablerIcon } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useEffect, useState, type ReactNode } from 'react'
import { api, ApiError, type Deployment, type Version } from '../api'
import { queryClient, runsQuery } from '../app/queries'
import { focusSoon } from '../focus/soon'
import { onEscape } from '../focus/onEscape'
import { useAssistant, useMay } from '../frame/assistant'
import { useLayout } from '../frame/layout'
import { Resizer } from '../frame/Resizer'
import { Button, IconButton, Tip } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { TrainingMark, whyOf } from '../ui/marks'
import { Failure, SkeletonRows } from '../ui/states'
import { longTime } from '../ui/time'
import { toast } from '../ui/toasts'
import { RunBecame, TrainingBecame } from './Became'
import { shownState } from './changes'
import { words } from './words'

const say = words.history
const PANEL = 'version-history'
const LEAST_WIDTH = 440

export function HistoryPanel({ version, onClose }: { version: Version; onClose: () => void }) {
  const { id } = useAssistant()
  const width = Math.max(LEAST_WIDTH, useLayout((state) => state.inspector))
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(runsQuery(id, version.id))
  useEffect(() => focusSoon(PANEL), [version.id])
  const runs = data?.pages.flatMap((page) => page.items) ?? []
  const { training, model_deleted: deleted } = version
  return (
    // Escape leaves it; its controls are of their own.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside className="inspector run" id={PANEL} tabIndex={-1} aria-label={say.title(version.number)} style={{ width }} onKeyDown={onEscape(onClose)}>
      <Resizer label={say.width} direction={-1} value={width} min={LEAST_WIDTH} max={720} onChange={(inspector) => useLayout.setState({ inspector })} />
      <div className="run-head">
        <h2 className="h grow ell">{say.title(version.number)}</h2>
        <IconButton icon={IconX} label={say.close} onClick={onClose} />
      </div>
      <div className="runs">
        {error && !data ? (
          <Failure what={words.became.unreadable} error={error} again={() => void refetch()} />
        ) : !data ? (
          <SkeletonRows rows={3} widths={[96, 200, 64]} height={36} />
        ) : (
          <>
            {deleted && (
              <p className="status small t2 runs-note">
                <Icon of={IconTrash} size={14} />
                {say.deleted(deleted.by.name, longTime(deleted.at))}
              </p>
            )}
            {runs.length === 0 && <p className="small t2 runs-note">{say.neverRan}</p>}
            {runs.map((run, at) => (
              <Part key={run.id} opened={at === 0} mark={<RunMark run={run} />} why={whyOf(run)} what={say.ran} at={run.created_at} action={<Stop run={run} number={version.number} />}>
                <RunBecame run={run} />
              </Part>
            ))}
            {hasNextPage && (
              <Button look="quiet" className="runs-older" aria-busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                {say.older}
              </Button>
            )}
            {training && (
              <Part opened={runs.length === 0} mark={<TrainingMark training={training}>{words.became.training[training.state]}</TrainingMark>} why={whyOf(training)} what={say.trained} at={training.created_at}>
                <TrainingBecame training={training} />
              </Part>
            )}
          </>
        )}
      </div>
    </aside>
  )
}

interface PartProps {
  opened: boolean
  mark: ReactNode
  why: string | null
  what: string
  at: string
  action?: ReactNode
  children: ReactNode
}

function Part({ opened, mark, why, what, at, action, children }: PartProps) {
  const [open, setOpen] = useState(opened)
  return (
    <section className="card runs-part">
      <div className="runs-head">
        <Tip label={why}>
          <button type="button" className="runs-open" aria-expanded={open} onClick={() => setOpen(!open)}>
            <Icon of={open ? IconChevronDown : IconChevronRight} size={14} />
            <span className="med">{what}</span>
            <span className="small">{mark}</span>
            <span className="small t3 num runs-at">{longTime(at)}</span>
          </button>
        </Tip>
        {action}
      </div>
      {open && <div className="runs-states">{children}</div>}
    </section>
  )
}

const MARKS: Readonly<Record<Deployment['state'] | 'asleep', { icon: TablerIcon; hue: string }>> = {
  queued: { icon: IconClock, hue: 't2' },
  starting: { icon: IconLoader2, hue: 'c-run' },
  running: { icon: IconRocket, hue: 'c-ok' },
  stopping: { icon: IconLoader2, hue: 't2' },
  stopped: { icon: IconSquare, hue: 't2' },
  failed: { icon: IconAlertCircle, hue: 'c-err' },
  asleep: { icon: IconMoon, hue: 't2' },
}

function RunMark({ run }: { run: Deployment }) {
  const state = shownState(run)
  const { icon, hue } = MARKS[state]
  return (
    <span className={`status ${hue}`}>
      <Icon of={icon} size={14} className={icon === IconLoader2 ? 'spin' : ''} />
      {words.became.run[state]}
    </span>
  )
}

const ENDED: ReadonlySet<string> = new Set(['stopping', 'stopped', 'failed'])

function Stop({ run, number }: { run: Deployment; number: number }) {
  const { id } = useAssistant()
  const may = useMay('deployments:write')
  const [busy, setBusy] = useState(false)
  if (!may || (ENDED.has(run.state) && !run.asleep)) return null
  const stop = async () => {
    if (busy) return
    setBusy(true)
    try {
      await api.stopDeployment(id, run.id)
      toast(IconPlayerStop, say.stops(number))
    } catch (error) {
      setBusy(false)
      if (!(error instanceof ApiError)) throw error
      toast(IconAlertCircle, error.sentence)
    }
    await queryClient.invalidateQueries({ queryKey: ['deployments', id] })
  }
  return (
    <Button icon={IconPlayerStop} look="danger" className="small-btn" aria-label={say.stopOf(number)} aria-busy={busy} onClick={() => void stop()}>
      {say.stop}
    </Button>
  )
}
