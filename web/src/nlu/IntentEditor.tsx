/** An intent's examples, one to a line. */
import { IconPlus } from '@tabler/icons-react'
import { useRef } from 'react'
import { WhereUsed } from '../content/WhereUsed'
import { isObject, useDocuments, useRowKeys, uuid7, type Command, type Document, type Json } from '../documents'
import { afterPress } from '../focus/press'
import { useMayWrite } from '../frame/assistant'
import { Button } from '../ui/controls'
import { ExampleLine } from './ExampleLine'
import { duplicates, examplesOf, isBlank, type ExampleView } from './examples'
import { words } from './words'
import './nlu.css'

const NONE: readonly Json[] = []

/** The examples as they stand in the body. */
function listIn(body: Json | undefined): readonly Json[] {
  const list = isObject(body) ? body['examples'] : undefined
  return Array.isArray(list) ? list : NONE
}

export default function IntentEditor({ document }: { document: Document }) {
  const store = useDocuments()
  const may = useMayWrite('intent')
  const box = useRef<HTMLDivElement>(null)
  const examples = examplesOf(document.body)
  const keys = useRowKeys(listIn(document.body))
  const doubled = duplicates(examples)
  const item = document.id
  const label = (name: string) => ({ name, arguments: { name: document.name } })
  const field = (place: number) => box.current?.querySelector<HTMLInputElement>(`[data-example="${place}"]`)
  const focus = (place: number) => requestAnimationFrame(() => field(place)?.focus())

  const insert = (place: number, texts: readonly string[]) => {
    const held = isObject(document.body) && Array.isArray(document.body['examples'])
    const commands: Command[] = held
      ? texts.map((value, i) => ({ name: 'insert', item, at: { path: `/examples/${place + i}` }, value }))
      : [{ name: 'set', item, at: { path: '/examples' }, value: [...texts], ...(isObject(document.body) && document.body['examples'] !== undefined ? { was: document.body['examples'] } : {}) }]
    store.run(commands, label('add-example'))
    focus(place + texts.length - 1)
  }
  const bodyNow = () => store.state.getState().documents[item]?.body
  const remove = (place: number) => {
    const was = listIn(bodyNow())[place]
    if (was !== undefined) store.run([{ name: 'remove', item, at: { path: `/examples/${place}` }, was }], label('remove-example'))
  }
  /** The person went elsewhere, maybe with the pointer: only then an empty line goes, wherever it stands by now. */
  const leave = (left: HTMLInputElement) => {
    store.settle()
    afterPress(() => {
      const place = Number(left.dataset['example'])
      if (may && left !== globalThis.document.activeElement && isBlank(examplesOf(bodyNow() ?? null)[place])) remove(place)
    })
  }
  const add = () => {
    const last = examples.length - 1
    if (isBlank(examples[last])) field(last)?.focus()
    else insert(examples.length, [''])
  }
  const write = (place: number, example: ExampleView, value: string) =>
    store.type({ name: 'set', item, at: { path: `/examples/${place}${example.inner}` }, value, was: example.text }, label('edit-example'))

  const mark = (place: number, example: ExampleView, value: string, newEntity: string | null) => {
    const commands: Command[] = [{ name: 'set', item, at: { path: `/examples/${place}${example.inner}` }, value, was: example.text }]
    if (newEntity !== null) commands.push({ name: 'create', item: uuid7(), kind: 'entity', called: newEntity, body: {} })
    store.run(commands, label('edit-example'))
  }

  return (
    <div className="edbody">
      <div className="fields" ref={box}>
        <h3 className="sub">
          {words.examples} <span className="t3 small regular num">{words.count(examples.length)}</span>
          {doubled.size > 0 && <span className="c-warn small regular num">{words.doubledCount(doubled.size)}</span>}
        </h3>
        <ol className="examples">
          {examples.map((example, place) => (
            <ExampleLine
              key={keys[place]}
              place={place}
              example={example}
              doubled={doubled.get(place)}
              readOnly={!may}
              onWrite={(value) => write(place, example, value)}
              onMark={(value, newEntity) => mark(place, example, value, newEntity)}
              onLeave={leave}
              onNext={() => insert(place + 1, [''])}
              onPaste={(texts) => insert(place + 1, texts)}
              onRemove={() => remove(place)}
              onErase={() => {
                remove(place)
                focus(Math.max(0, place - 1))
              }}
              onMove={focus}
            />
          ))}
        </ol>
        {may && (
          <Button look="quiet" icon={IconPlus} className="addv" onClick={add}>
            {words.example}
          </Button>
        )}
        {examples.length > 0 && may && <p className="small t3 examples-hint">{words.hint}</p>}
      </div>
      <aside className="prev" aria-label={words.whereUsed}>
        <WhereUsed item={item} />
      </aside>
    </div>
  )
}
