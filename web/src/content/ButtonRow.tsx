import { IconX } from '@tabler/icons-react'
import { useDocuments, get } from '../documents'
import { languageName } from '../frame/assistant'
import { BoundText } from '../ui/BoundText'
import { IconButton } from '../ui/controls'
import { split } from '../documents/json'
import { isAddress, translatedTitle, type ButtonView } from './variation'
import { words } from './words'

interface Props {
  item: string
  name: string
  path: string
  button: ButtonView
  /** Its place among the buttons, from 0. */
  index: number
  count: number
  other: string | undefined
  readOnly: boolean
}

/** A button: what it says in both languages, and what pressing it sends. */
export function ButtonRow({ item, name, path, button, index, count, other, readOnly }: Props) {
  const store = useDocuments()
  const change = { name: 'edit-button', arguments: { name } }
  const translated = other === undefined ? null : translatedTitle(button, other)
  const remove = () => {
    const place = count === 1 ? split(path).parent : path
    const was = get(store.state.getState().documents[item]?.body ?? null, place)
    if (was !== undefined) store.run([{ name: 'remove', item, at: { path: place }, was }], { ...change, name: 'remove-button' })
  }
  return (
    <div className={other ? 'brow' : 'brow single'}>
      <BoundText item={item} at={{ path: `${path}/title` }} value={button.title} label={words.buttonAt(index + 1)} placeholder={words.button} change={change} readOnly={readOnly} />
      {other && translated && (
        <BoundText
          item={item}
          at={{ path: `${path}${translated.path}` }}
          value={translated.title}
          label={words.buttonIn(index + 1, languageName(other))}
          placeholder={words.noneIn(languageName(other))}
          className={translated.title === undefined ? 'missing' : ''}
          change={change}
          readOnly={readOnly}
        />
      )}
      {button.url === undefined ? (
        <BoundText item={item} at={{ path: `${path}/payload` }} value={button.payload} label={words.payload(index + 1)} placeholder={words.saysTitle} change={change} mono className="pay" readOnly={readOnly} />
      ) : (
        <BoundText item={item} at={{ path: `${path}/url` }} value={button.url} label={words.address(index + 1)} placeholder={words.anAddress} change={change} mono className={isAddress(button.url) ? 'pay' : 'pay missing'} readOnly={readOnly} />
      )}
      {!readOnly && <IconButton icon={IconX} label={words.removeButton(button.title)} small onClick={remove} />}
    </div>
  )
}
