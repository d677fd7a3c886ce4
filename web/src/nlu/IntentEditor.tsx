/** An intent's examples as lines: Enter makes the next one, an emptied one goes. */
import { IconPlus, IconX } from '@tabler/icons-react'
import { useRef, type ClipboardEvent, type KeyboardEvent } from 'react'
import { WhereUsed } from '../content/WhereUsed'
import { isObject, useDocuments, type Command, type Document } from '../documents'
import { useMayWrite } from '../frame/assistant'
import { Button, IconButton } from '../ui/controls'
import { plural } from '../ui/time'
import { duplicates, entitiesIn, examplesOf, type ExampleView } from './examples'
import './nlu.css'

export default function IntentEditor({ document }: { document: Document }) {
  const store = useDocuments()
  const may = useMayWrite('intent')
  const box = useRef<HTMLDivElement>(null)
  const examples = examplesOf(document.body)
  const doubled = duplicates(examples)
  const item = document.id
  const label = (name: string) => ({ name, arguments: { name: document.name } })
  const focus = (place: number) => requestAnimationFrame(() => box.current?.querySelector<HTMLInputElement>(`[data-example="${place}"]`)?.focus())

  const insert = (place: number, texts: readonly string[]) => {
    const held = isObject(document.body) && Array.isArray(document.body['examples'])
    const commands: Command[] = held
      ? texts.map((value, i) => ({ name: 'insert', item, at: { path: `/examples/${place + i}` }, value }))
      : [{ name: 'set', item, at: { path: '/examples' }, value: [...texts], ...(isObject(document.body) && document.body['examples'] !== undefined ? { was: document.body['examples'] } : {}) }]
    store.run(commands, label('add-example'))
    focus(place + texts.length - 1)
  }
  const remove = (place: number) => {
    const body = store.state.getState().documents[item]?.body
    const was = isObject(body) && Array.isArray(body['examples']) ? body['examples'][place] : undefined
    if (was !== undefined) store.run([{ name: 'remove', item, at: { path: `/examples/${place}` }, was }], label('remove-example'))
    focus(Math.max(0, place - 1))
  }
  const write = (place: number, example: ExampleView, value: string) =>
    store.type({ name: 'set', item, at: { path: `/examples/${place}${example.inner}` }, value, was: example.text }, label('edit-example'))

  return (
    <div className="edbody">
      <div className="fields" ref={box}>
        <h3 className="sub">
          Examples <span className="t3 small regular num">{plural(examples.length, 'example')}</span>
          {doubled.size > 0 && <span className="c-warn small regular num">{`${doubled.size} said twice`}</span>}
        </h3>
        <ol className="examples">
          {examples.map((example, place) => (
            <Line
              key={place}
              place={place}
              example={example}
              doubled={doubled.has(place)}
              readOnly={!may}
              onWrite={(value) => write(place, example, value)}
              onSettle={() => (example.text.trim() === '' && may ? remove(place) : store.settle())}
              onNext={() => insert(place + 1, [''])}
              onPaste={(texts) => insert(place + 1, texts)}
              onRemove={() => remove(place)}
              onMove={focus}
            />
          ))}
        </ol>
        {may && (
          <Button look="quiet" icon={IconPlus} className="addv" onClick={() => insert(examples.length, [''])}>
            Example
          </Button>
        )}
        {examples.length > 0 && may && <p className="small t3 examples-hint">{'Mark an entity as [Berlin](city). Pasting several lines adds an example for each.'}</p>}
      </div>
      <aside className="prev" aria-label="Where used">
        <WhereUsed item={item} />
      </aside>
    </div>
  )
}

interface LineProps {
  place: number
  example: ExampleView
  doubled: boolean
  readOnly: boolean
  onWrite: (value: string) => void
  onSettle: () => void
  onNext: () => void
  onPaste: (texts: readonly string[]) => void
  onRemove: () => void
  onMove: (place: number) => void
}

function Line({ place, example, doubled, readOnly, onWrite, onSettle, onNext, onPaste, onRemove, onMove }: LineProps) {
  const entities = entitiesIn(example.text)
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key === 'Enter' && !readOnly && example.text.trim() !== '') onNext()
    else if (event.key === 'Backspace' && example.text === '' && !readOnly) onRemove()
    else if (event.key === 'ArrowDown') onMove(place + 1)
    else if (event.key === 'ArrowUp') onMove(place - 1)
    else return
    event.preventDefault()
  }
  const paste = (event: ClipboardEvent) => {
    const lines = event.clipboardData.getData('text').split(/\r?\n/).map((line) => line.replace(/^\s*-\s+/, '').trim()).filter(Boolean)
    if (lines.length < 2 || readOnly) return
    event.preventDefault()
    onPaste(lines)
  }
  return (
    <li className="example">
      <input
        data-example={place}
        type="text"
        aria-label={`Example ${place + 1}`}
        value={example.text}
        readOnly={readOnly}
        placeholder="What a user might say"
        onChange={(event) => onWrite(event.target.value)}
        onBlur={onSettle}
        onKeyDown={onKey}
        onPaste={paste}
      />
      {entities.map((entity, i) => (
        <span key={i} className="tag">
          {entity}
        </span>
      ))}
      {doubled && <span className="c-warn micro nowrap">said twice</span>}
      {!readOnly && <IconButton icon={IconX} label={`Remove example ${place + 1}`} small onClick={onRemove} />}
    </li>
  )
}
