/** The entities that the chosen words can be marked as; a new one is made in place. */
import { useQuery } from '@tanstack/react-query'
import { useState, type KeyboardEvent } from 'react'
import { itemsQuery } from '../app/queries'
import { useAssistant } from '../frame/assistant'
import { Button } from '../ui/controls'
import { words } from './words'

interface Props {
  /** The words that are chosen. */
  chosen: string
  onMark: (entity: string, isNew: boolean) => void
  onLeave: () => void
}

const MOST = 12

export function MarkBar({ chosen, onMark, onLeave }: Props) {
  const { id } = useAssistant()
  const { data } = useQuery(itemsQuery(id, 'entity'))
  const [typed, setTyped] = useState('')
  const entities = data?.map((item) => item.name) ?? []
  const name = typed.trim()
  const fits = /^\w*$/.test(name)
  const submit = () => {
    if (name !== '' && fits) onMark(name, !entities.includes(name))
  }
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    onLeave()
  }
  return (
    // Escape leaves the bar from any of its controls.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <fieldset className="mark-bar hs" aria-label={words.marking} onKeyDown={onKey}>
      <span className="small t2 ell">{words.markAs(chosen)}</span>
      {entities
        .filter((entity) => entity.includes(name))
        .slice(0, MOST)
        .map((entity) => (
          <button key={entity} type="button" className="tag line mono" onClick={() => onMark(entity, false)}>
            {entity}
          </button>
        ))}
      <input
        type="text"
        className="input s mono"
        aria-label={words.newEntity}
        aria-invalid={!fits}
        title={fits ? undefined : words.nameRule}
        placeholder={words.newEntity}
        value={typed}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => event.key === 'Enter' && submit()}
      />
      {name !== '' && fits && (
        <Button look="quiet" onClick={submit}>
          {words.add}
        </Button>
      )}
    </fieldset>
  )
}
