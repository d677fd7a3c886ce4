/** A slot: its type, its values, what it starts as, and how it is filled. */
import { IconPlus, IconX } from '@tabler/icons-react'
import { isObject, useDocuments, type Command, type Document, type Json, type JsonObject } from '../documents'
import { useMayWrite } from '../frame/assistant'
import { BoundText } from '../ui/BoundText'
import { Button, IconButton, Switch } from '../ui/controls'
import { SelectField } from '../ui/fields'
import { InitialValue } from './InitialValue'
import { WhereUsed } from './WhereUsed'
import { words } from './words'

const TYPES = ['text', 'bool', 'float', 'categorical', 'list', 'any']

export default function SlotEditor({ document }: { document: Document }) {
  const store = useDocuments()
  const may = useMayWrite('slot')
  const body: JsonObject = isObject(document.body) ? document.body : {}
  const type = typeof body['type'] === 'string' ? body['type'] : 'text'
  const values = Array.isArray(body['values']) ? body['values'] : []
  const label = (name: string) => ({ name, arguments: { name: document.name } })
  const set = (path: string, value: Json, before?: string): Command => {
    const was = body[path.slice(1)]
    return { name: 'set', item: document.id, at: { path }, value, ...(was === undefined ? {} : { was }), ...(before ? { before } : {}) }
  }
  const setType = (next: string) => {
    const commands: Command[] = [set('/type', next)]
    if (next === 'categorical' && values.length === 0) commands.push({ name: 'set', item: document.id, at: { path: '/values' }, value: ['yes', 'no'], before: 'mappings' })
    if (next !== 'categorical' && body['values'] !== undefined) commands.push({ name: 'remove', item: document.id, at: { path: '/values' }, was: body['values'] })
    store.run(commands, label('edit-slot'))
  }
  const influences = typeof body['influence_conversation'] === 'boolean' ? body['influence_conversation'] : type !== 'any'
  return (
    <div className="edbody">
      <div className="fields slot-form">
        {may ? (
          <SelectField label={words.type} value={type} options={(TYPES.includes(type) ? TYPES : [type, ...TYPES]).map((value) => ({ value, label: value }))} onChange={setType} />
        ) : (
          <p className="label">
            {words.type} <span className="tag">{type}</span>
          </p>
        )}
        {type === 'categorical' && (
          <div className="field">
            <h3 className="label">{words.values}</h3>
            {values.map((value, i) => (
              <div key={i} className="hs value-row">
                <BoundText item={document.id} at={{ path: `/values/${i}` }} value={String(value)} label={words.valueAt(i + 1)} change={label('edit-slot')} mono readOnly={!may} />
                {may && values.length > 1 && (
                  <IconButton icon={IconX} label={words.removeValue(String(value))} small onClick={() => store.run([{ name: 'remove', item: document.id, at: { path: `/values/${i}` }, was: value }], label('edit-slot'))} />
                )}
              </div>
            ))}
            {may && (
              <Button look="quiet" icon={IconPlus} className="addv" onClick={() => store.run([{ name: 'insert', item: document.id, at: { path: `/values/${values.length}` }, value: freshValue(values) }], label('edit-slot'))}>
                {words.value}
              </Button>
            )}
          </div>
        )}
        <InitialValue document={document} body={body} type={type} values={values} readOnly={!may} />
        <div className="field">
          <h3 className="label">{words.filled}</h3>
          <Mappings body={body} />
        </div>
        <div className="bool">
          <span className="grow">
            {words.influences}
            <span className="small t3 act-text">{words.influencesWhy}</span>
          </span>
          {may ? <Switch label={words.influences} checked={influences} onChange={(next) => store.run([set('/influence_conversation', next)], label('edit-slot'))} /> : <span className="t2">{influences ? words.yes : words.no}</span>}
        </div>
      </div>
      <aside className="prev" aria-label={words.whereUsed}>
        <WhereUsed item={document.id} />
      </aside>
    </div>
  )
}

/** A name for a value that is not taken. */
function freshValue(values: readonly Json[]): string {
  let number = values.length + 1
  while (values.includes(`value_${number}`)) number++
  return `value_${number}`
}

function Mappings({ body }: { body: JsonObject }) {
  const mappings = Array.isArray(body['mappings']) ? body['mappings'] : [{ type: 'from_llm' }]
  return (
    <ul>
      {mappings.map((mapping, i) => {
        const { type, ...rest }: JsonObject = isObject(mapping) ? mapping : {}
        const details = Object.entries(rest).map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
        return (
          <li key={i} className="mapping">
            <span className="grow">{words.mappings[String(type)] ?? String(type)}</span>
            {details.length > 0 && <span className="mono t3 ell">{details.join(', ')}</span>}
          </li>
        )
      })}
    </ul>
  )
}
