/** The open item: its own editor where its kind has one, and its text in the project's files. */
import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useItemId } from '../app/useItemId'
import { ItemEditor } from './ItemEditor'
import { NotFound } from '../frame/NotFound'
import { useAssistant } from '../frame/assistant'

export default function ItemPage() {
  const { kind, name } = useParams({ from: '/a/$assistant/content/$kind/$name' })
  const { view, line } = useSearch({ from: '/a/$assistant/content/$kind/$name' })
  const { name: assistant } = useAssistant()
  const navigate = useNavigate({ from: '/a/$assistant/content/$kind/$name' })
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
      onClose={() => void navigate({ to: '/a/$assistant/content/$kind', params: { assistant, kind } })}
    />
  )
}
