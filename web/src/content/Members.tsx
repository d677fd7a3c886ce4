/** What a wording has besides its text and buttons: channel, image, rephrasing, and values of any shape. */
import { Menu } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { lazy, Suspense, useState, type ReactNode } from 'react'
import { piece } from '../app/chunks'
import { get, useDocuments, type Json } from '../documents'
import { BoundText } from '../ui/BoundText'
import { Button, IconButton, Switch } from '../ui/controls'
import type { VariationView } from './variation'
import { words } from './words'

const ValueField = lazy(() => piece(() => import('./ValueField')))

interface Props {
  item: string
  name: string
  place: number
  variation: VariationView
  readOnly: boolean
  /** The buttons before the menu that adds a member. */
  children: ReactNode
}

const TEXTS = ['channel', 'image', 'id'] as const
const VALUES = ['custom', 'metadata', 'quick_replies', 'attachment', 'elements']

/** Pointer of a member inside its variation. */
const placeOf = (member: string) => (member === 'rephrase' || member === 'rephrase_prompt' || member === 'template' ? `/metadata/${member}` : `/${member}`)

export function Members({ item, name, place, variation, readOnly, children }: Props) {
  const store = useDocuments()
  /** Fields that were asked for and have nothing in them yet. */
  const [asked, setAsked] = useState<readonly string[]>([])
  const change = { name: 'edit-response', arguments: { name } }
  const body = () => store.state.getState().documents[item]?.body ?? null
  const at = (member: string) => ({ path: `/${place}${placeOf(member)}` })
  const { metadata } = variation
  const has = (member: string) => get(body(), at(member).path) !== undefined
  const shown = (member: string) => asked.includes(member) || has(member)
  const remove = (member: string) => {
    setAsked(asked.filter((each) => each !== member))
    const only = placeOf(member).startsWith('/metadata/') && Object.keys(metadata).length === 1
    const path = only ? `/${place}/metadata` : at(member).path
    const was = get(body(), path)
    if (was !== undefined) store.run([{ name: 'remove', item, at: { path }, was }], change)
  }
  const set = (member: string, value: Json) => {
    const was = get(body(), at(member).path)
    store.run([{ name: 'set', item, at: at(member), value, ...(was === undefined ? {} : { was }) }], change)
  }
  const add = (member: string) => (member === 'rephrase' ? set('rephrase', true) : member === 'template' ? set('template', 'jinja') : setAsked([...asked, member]))
  const row = (member: string, field: ReactNode, wide = false) => (
    <div key={member} className={wide ? 'member wide' : 'member'}>
      <span className="small t2">{words.members[member] ?? member}</span>
      {field}
      {!readOnly && <IconButton icon={IconX} label={words.remove(words.members[member] ?? member)} small onClick={() => remove(member)} />}
    </div>
  )
  const textRow = (member: string) => {
    const value = get(body(), at(member).path)
    return row(
      member,
      <BoundText
        item={item}
        at={at(member)}
        value={typeof value === 'string' ? value : undefined}
        label={words.members[member] ?? member}
        placeholder={words.hints[member] ?? ''}
        change={change}
        multiline={member === 'rephrase_prompt'}
        mono={member !== 'rephrase_prompt'}
        readOnly={readOnly}
      />,
    )
  }
  const values = [...new Set([...variation.values, ...asked.filter((member) => VALUES.includes(member))])]
  const offered = [...TEXTS, 'rephrase', 'rephrase_prompt', 'template', ...VALUES].filter((member) => !shown(member) && !values.includes(member))
  return (
    <>
      {TEXTS.filter((member) => shown(member) && !variation.values.includes(member)).map(textRow)}
      {has('rephrase') &&
        row(
          'rephrase',
          <span className="hs">
            {readOnly ? <span className="t2">{metadata['rephrase'] === true ? words.yes : words.no}</span> : <Switch label={words.members['rephrase'] ?? ''} checked={metadata['rephrase'] === true} onChange={(on) => set('rephrase', on)} />}
            <span className="small t3">{words.rephraseWhy}</span>
          </span>,
        )}
      {shown('rephrase_prompt') && textRow('rephrase_prompt')}
      {has('template') &&
        row(
          'template',
          <select className="input" aria-label={words.members['template']} value={String(metadata['template'])} disabled={readOnly} onChange={(event) => set('template', event.target.value)}>
            {Object.entries(words.templates).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </select>,
        )}
      <Suspense fallback={null}>
        {values.map((member) => row(member, <ValueField item={item} path={`/${place}/${member}`} title={words.members[member] ?? member} change={change} readOnly={readOnly} />, true))}
      </Suspense>
      {!readOnly && (
        <div className="hs vtools">
          {children}
          {offered.length > 0 && (
            <Menu width={200}>
              <Menu.Target>
                <Button look="quiet" icon={IconPlus} className="addv">
                  {words.more}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {offered.map((member) => (
                  <Menu.Item key={member} onClick={() => add(member)}>
                    {words.members[member]}
                  </Menu.Item>
                ))}
              </Menu.Dropdown>
            </Menu>
          )}
        </div>
      )}
    </>
  )
}
