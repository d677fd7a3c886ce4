import { IconAlertTriangle, IconAlertCircle, IconCircleCheck, IconMessageCircle } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { problemsQuery } from '../app/queries'
import { Icon } from '../ui/Icon'
import { Button, Kbd } from '../ui/controls'
import { inWords, worst } from '../ui/marks'
import { useAssistant, useMay } from './assistant'
import { AssistantSwitcher } from './AssistantSwitcher'
import { modifier } from './keys'
import { LanguageMenu } from './LanguageMenu'
import { goToDrawer, leaveDrawer, toggleDock, useLayout } from './layout'
import { PaletteButton } from './PaletteButton'
import { PersonMenu } from './PersonMenu'
import { TrainButton } from './TrainButton'
import { words } from './words'

export function TopBar() {
  return (
    <header className="topbar">
      <div className="side">
        <AssistantSwitcher />
        <LanguageMenu />
      </div>
      <PaletteButton />
      <div className="side end">
        <Problems />
        <TryButton />
        <TrainButton />
        <PersonMenu />
      </div>
    </header>
  )
}

function Problems() {
  const { id } = useAssistant()
  const { data } = useQuery({ ...problemsQuery(id), enabled: useMay('content:read') })
  const open = useLayout(({ drawer }) => drawer === 'problems')
  if (!data) return null
  const { counts } = data
  const shown = counts.error + counts.warning
  const severity = worst({ ...counts, hint: 0 })
  const icon = severity === 'error' ? IconAlertCircle : severity === 'warning' ? IconAlertTriangle : IconCircleCheck
  const colour = severity === 'error' ? 'c-err' : severity === 'warning' ? 'c-warn' : 'c-ok'
  return (
    <Button look="quiet" className="problems" title={inWords(counts) || words.topBar.noProblems} aria-expanded={open} onClick={() => (open ? leaveDrawer() : goToDrawer('problems'))}>
      <span className={colour}>
        <Icon of={icon} />
      </span>
      {shown > 0 && <span className="num">{shown}</span>}
      <span className="wide">{shown === 0 ? words.topBar.noProblems : shown === 1 ? words.topBar.problem : words.topBar.problems}</span>
    </Button>
  )
}

function TryButton() {
  const may = useMay('chats:read')
  const open = useLayout((state) => state.dock)
  if (!may) return null
  return (
    <Button icon={IconMessageCircle} className={open ? 'on' : ''} aria-pressed={open} onClick={toggleDock}>
      <span className="wide">
        {words.topBar.try} <Kbd>{modifier}J</Kbd>
      </span>
    </Button>
  )
}
