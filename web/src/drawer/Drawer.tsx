/** Below the work: problems, the training's log, the history. Closed by default, then only its strip is there. */
import { IconAlertTriangle, IconHistory, IconTerminal2, IconX, type Icon as TablerIcon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, type KeyboardEvent } from 'react'
import { problemsQuery } from '../app/queries'
import { onEscape } from '../focus/onEscape'
import { useAssistant, useMay } from '../frame/assistant'
import { goToDrawer, leaveDrawer, useLayout, type DrawerTab } from '../frame/layout'
import { Resizer } from '../frame/Resizer'
import { IconButton } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { History } from './History'
import { Problems } from './Problems'
import { TrainingLog } from './TrainingLog'
import { words } from './words'

const TABS: readonly { tab: DrawerTab; label: string; icon: TablerIcon; permission: string }[] = [
  { tab: 'problems', label: words.drawer.problems, icon: IconAlertTriangle, permission: 'content:read' },
  { tab: 'log', label: words.drawer.trainingLog, icon: IconTerminal2, permission: 'trainings:read' },
  { tab: 'history', label: words.drawer.history, icon: IconHistory, permission: 'content:read' },
]

export function Drawer() {
  const open = useLayout((state) => state.drawer)
  const height = useLayout((state) => state.drawerHeight)
  const content = useMay('content:read')
  const trainings = useMay('trainings:read')
  const tabs = TABS.filter(({ permission }) => (permission === 'content:read' ? content : trainings))
  const tab = tabs.find((candidate) => candidate.tab === open)?.tab
  const covers = tab === undefined ? null : height
  useEffect(() => {
    // Notices stand above the open drawer: what it lists is what they speak of.
    const { style } = document.documentElement
    if (covers !== null) style.setProperty('--drawer-height', `${covers}px`)
    return () => void style.removeProperty('--drawer-height')
  }, [covers])
  if (tab === undefined) {
    return (
      <div className="strip">
        {tabs.map((entry) => (
          <button key={entry.tab} id={`strip-${entry.tab}`} type="button" aria-expanded={false} onClick={() => goToDrawer(entry.tab)}>
            <Icon of={entry.icon} size={14} />
            {entry.label}
            {entry.tab === 'problems' && <Count />}
          </button>
        ))}
      </div>
    )
  }
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    const next = tabs[(tabs.findIndex((entry) => entry.tab === tab) + step + tabs.length) % tabs.length]
    if (step === 0 || next === undefined) return
    useLayout.setState({ drawer: next.tab })
    document.getElementById(`drawer-${next.tab}`)?.focus()
  }
  return (
    // Escape leaves it from wherever in it the focus is.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section className="drawer" aria-label={words.drawer.drawer} style={{ height }} onKeyDown={onEscape(leaveDrawer)}>
      <Resizer label={words.drawer.heightOfTheDrawer} axis="y" direction={-1} value={height} min={120} max={560} onChange={(drawerHeight) => useLayout.setState({ drawerHeight })} />
      <div className="tabs">
        <div role="tablist" aria-label={words.drawer.drawer} className="tablist">
          {tabs.map((entry) => (
            <button
              key={entry.tab}
              id={`drawer-${entry.tab}`}
              type="button"
              role="tab"
              tabIndex={entry.tab === tab ? 0 : -1}
              aria-selected={entry.tab === tab}
              aria-controls="drawer-panel"
              onClick={() => useLayout.setState({ drawer: entry.tab })}
              onKeyDown={move}
            >
              <Icon of={entry.icon} size={14} />
              {entry.label}
              {entry.tab === 'problems' && <Count />}
            </button>
          ))}
        </div>
        <span className="sp" />
        <IconButton icon={IconX} label={words.drawer.closeTheDrawer} small onClick={leaveDrawer} />
      </div>
      {/* The panel scrolls, so that it must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div id="drawer-panel" role="tabpanel" aria-labelledby={`drawer-${tab}`} className="drawer-body" tabIndex={0}>
        {tab === 'problems' && <Problems />}
        {tab === 'log' && <TrainingLog />}
        {tab === 'history' && <History />}
      </div>
    </section>
  )
}

function Count() {
  const { id } = useAssistant()
  const { data } = useQuery(problemsQuery(id))
  const count = data ? data.counts.error + data.counts.warning : 0
  return count > 0 ? <span className="count">{count}</span> : null
}
