import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useItemId } from '../app/useItemId'
import { ItemEditor } from '../content/ItemEditor'
import { useAssistant } from '../frame/assistant'
import { NotFound } from '../frame/NotFound'
import '../content/content.css'

export default function NluItemPage() {
  const { kind, name } = useParams({ from: '/a/$assistant/nlu/$kind/$name' })
  const { view, line } = useSearch({ from: '/a/$assistant/nlu/$kind/$name' })
  const { name: assistant } = useAssistant()
  const navigate = useNavigate({ from: '/a/$assistant/nlu/$kind/$name' })
  const found = useItemId(kind, name)
  if (found.missing) return <NotFound what={kind} />
  return (
    <ItemEditor
      key={found.id ?? name}
      kind={kind}
      name={name}
      found={found}
      view={view}
      line={line}
      onView={(next) => void navigate({ search: { view: next } })}
      onClose={() => void navigate({ to: '/a/$assistant/nlu', params: { assistant } })}
    />
  )
}
