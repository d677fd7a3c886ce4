import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useItemId } from '../app/useItemId'
import { ItemEditor } from '../content/ItemEditor'
import { useAssistant } from '../frame/assistant'
import { NotFound } from '../frame/NotFound'
import '../content/content.css'
import { Became } from './Became'
import { words } from './words'

export default function FilePage() {
  const { kind, name } = useParams({ from: '/a/$assistant/files/$kind/$name' })
  const { line } = useSearch({ from: '/a/$assistant/files/$kind/$name' })
  const { name: assistant } = useAssistant()
  const navigate = useNavigate()
  const found = useItemId(kind, name)
  // Mending a file makes items of it.
  if (found.missing && found.meant !== undefined) return <Became id={found.meant} name={name} />
  if (found.missing) return <NotFound what={words.filePage.file} />
  return (
    <ItemEditor
      key={found.id ?? name}
      kind={kind}
      name={name}
      found={found}
      view="yaml"
      line={line}
      onView={() => undefined}
      onClose={() => void navigate({ to: '/a/$assistant/files', params: { assistant } })}
    />
  )
}
