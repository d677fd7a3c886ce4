/** The assistant's sections. What the person may not use is not there. */
import { IconFileText, IconFolder, IconMessageCircle, IconSitemap, IconStack2, IconTextRecognition, type Icon as TablerIcon } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Icon } from '../ui/Icon'
import { Tip } from '../ui/controls'
import { useAssistant, useMay } from './assistant'
import { toggleDock, useLayout } from './layout'
import { Logo } from './Logo'

type Section = '/a/$assistant/flows' | '/a/$assistant/content' | '/a/$assistant/nlu' | '/a/$assistant/versions' | '/a/$assistant/files'

export function Rail() {
  const content = useMay('content:read')
  const trainings = useMay('trainings:read')
  const chats = useMay('chats:read')
  const dock = useLayout((state) => state.dock)
  return (
    <nav className="rail" aria-label="Sections">
      <Logo />
      {content && (
        <>
          <Entry to="/a/$assistant/flows" label="Flows" icon={IconSitemap} />
          <Entry to="/a/$assistant/content" label="Content" icon={IconFileText} />
          <Entry to="/a/$assistant/nlu" label="NLU" icon={IconTextRecognition} />
        </>
      )}
      {(chats || trainings) && <span className="sep" />}
      {chats && (
        <Tip label="Try" position="right">
          <button type="button" aria-label="Try" aria-pressed={dock} onClick={toggleDock}>
            <Icon of={IconMessageCircle} size={20} />
          </button>
        </Tip>
      )}
      {trainings && <Entry to="/a/$assistant/versions" label="Versions" icon={IconStack2} />}
      <span className="gap" />
      {content && <Entry to="/a/$assistant/files" label="Project files" icon={IconFolder} />}
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
