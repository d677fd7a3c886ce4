/** Says that a language model is named and not asked, and where that is mended. */
import { IconAlertTriangle } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Icon } from '../ui/Icon'
import { useAssistant, useMay } from './assistant'
import { words } from './words'

const NO_KEY = 'language-model-without-key'
const UNUSABLE = 'language-model-unusable'

export function ModelNotice({ problems }: { problems: readonly { code?: unknown; message?: unknown }[] }) {
  const { name } = useAssistant()
  const may = useMay('settings:read')
  const told = problems.filter(({ code }) => code === NO_KEY || code === UNUSABLE)
  if (told.length === 0) return null
  return (
    <div className="model-notice small" role="note" aria-label={words.modelNotice.label}>
      <span className="c-warn">
        <Icon of={IconAlertTriangle} size={14} />
      </span>
      <div>
        {told.map(({ message }) => (
          <p key={String(message)}>{String(message)}</p>
        ))}
        {may && told.some(({ code }) => code === NO_KEY) && (
          <Link className="link" to="/a/$assistant/settings" params={{ assistant: name }}>
            {words.modelNotice.openSettings}
          </Link>
        )}
      </div>
    </div>
  )
}
