/** The assistant's sections. What the person may not use is not there. */
import { IconFileText, IconFolder, IconMessageCircle, IconSettings, IconSitemap, IconStack2, IconTextRecognition, type Icon as TablerIcon } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Icon } from '../ui/Icon'
import { Tip } from '../ui/controls'
import { useAssistant, useMay } from './assistant'
import { toggleDock, useLayout } from './layout'
import { Logo } from './Logo'
import { words } from './words'

type Section = '/a/$assistant/flows' | '/a/$assistant/content' | '/a/$assistant/nlu' | '/a/$assistant/versions' | '/a/$assistant/files' | '/a/$assistant/settings'

export function Rail() {
  const content = useMay('content:read')
  const trainings = useMay('trainings:read')
  const chats = useMay('chats:read')
  const settings = useMay('settings:read')
  const dock = useLayout((state) => state.dock)
  return (
    <nav className="rail" aria-label={words.rail.sections}>
      <Logo />
      {content && (
        <>
          <Entry to="/a/$assistant/flows" label={words.rail.flows} icon={IconSitemap} />
          <Entry to="/a/$assistant/content" label={words.rail.content} icon={IconFileText} />
          <Entry to="/a/$assistant/nlu" label={words.rail.nlu} icon={IconTextRecognition} />
        </>
      )}
      {(chats || trainings) && <span className="sep" />}
      {chats && (
        <Tip label={words.rail.try} position="right">
          <button type="button" aria-label={words.rail.try} aria-pressed={dock} onClick={toggleDock}>
            <Icon of={IconMessageCircle} size={20} />
          </button>
        </Tip>
      )}
      {trainings && <Entry to="/a/$assistant/versions" label={words.rail.versions} icon={IconStack2} />}
      <span className="gap" />
      {content && <Entry to="/a/$assistant/files" label={words.rail.projectFiles} icon={IconFolder} />}
      {settings && <Entry to="/a/$assistant/settings" label={words.rail.settings} icon={IconSettings} />}
    </nav>
  )
}

function Entry({ to, label, icon }: { to: Section; label: string; icon: TablerIcon }) {
  const { name } = useAssistant()
  return (
    <Tip label={label} position="right">
      <Link to={to} params={{ assistant: name }} aria-label={label} activeProps={{ 'aria-current': 'page' }}>
        <Icon of={icon} size={20} />
      </Link>
    </Tip>
  )
}
