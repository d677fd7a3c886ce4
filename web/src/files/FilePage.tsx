import { useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
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
  // What a file was called stays known while its page is open: mending it makes items of it.
  const [last, setLast] = useState<{ id: string; name: string } | null>(null)
  if (found.id !== undefined && (last?.id !== found.id || last.name !== name)) setLast({ id: found.id, name })
  if (found.missing && last?.name === name) return <Became id={last.id} name={name} />
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
