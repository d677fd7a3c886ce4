import { IconX } from '@tabler/icons-react'
import { useDocuments, get } from '../documents'
import { languageName } from '../frame/assistant'
import { BoundText } from '../ui/BoundText'
import { IconButton } from '../ui/controls'
import { split } from '../documents/json'
import type { ButtonView } from './variation'

interface Props {
  item: string
  name: string
  path: string
  button: ButtonView
  count: number
  other: string | undefined
  readOnly: boolean
}

/** A button: what it says in both languages, and what pressing it sends. */
export function ButtonRow({ item, name, path, button, count, other, readOnly }: Props) {
  const store = useDocuments()
  const change = { name: 'edit-button', arguments: { name } }
  const translated = other === undefined ? undefined : button.translation[other]
  const remove = () => {
    const place = count === 1 ? split(path).parent : path
    const was = get(store.state.getState().documents[item]?.body ?? null, place)
    if (was !== undefined) store.run([{ name: 'remove', item, at: { path: place }, was }], { ...change, name: 'remove-button' })
  }
  return (
    <div className={other ? 'brow' : 'brow single'}>
      <BoundText item={item} at={{ path: `${path}/title` }} value={button.title} label="Button" placeholder="Button" change={change} readOnly={readOnly} />
      {other && (
        <BoundText
          item={item}
          at={{ path: `${path}/translation/${other}` }}
          value={typeof translated === 'string' ? translated : undefined}
          label={`Button, ${languageName(other)}`}
          placeholder={`No ${languageName(other)} yet`}
          className={typeof translated === 'string' ? '' : 'missing'}
          change={change}
          readOnly={readOnly}
        />
      )}
      <BoundText item={item} at={{ path: `${path}/payload` }} value={button.payload} label="Payload" placeholder="says its title" change={change} mono className="pay" readOnly={readOnly} />
      {!readOnly && <IconButton icon={IconX} label={`Remove the button ${button.title}`} small onClick={remove} />}
    </div>
  )
}
