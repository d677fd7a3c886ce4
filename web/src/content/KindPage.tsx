/** The table of one kind of content, beside the item that is open. */
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Outlet, useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ItemSummary } from '../api'
import { itemsQuery } from '../app/queries'
import { languagesOf, useAssistant, useMayWrite } from '../frame/assistant'
import { useLayout, useOverlays } from '../frame/layout'
import { ListPlace, useNarrow, useWide } from '../frame/ListPlace'
import { Button } from '../ui/controls'
import { SearchInput } from '../ui/fields'
import { lookOf } from '../ui/kinds'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { VirtualTable } from '../ui/VirtualTable'
import { columnsFor } from './columns'
import { useView, VIEWS } from './views'
import { words } from './words'

const NEW: Readonly<Record<string, 'response' | 'slot'>> = { response: 'response', slot: 'slot' }

export default function KindPage() {
  const { kind, name } = useParams({ strict: false })
  return (
    <>
      <ListPlace open={name !== undefined}>
        <List key={kind} kind={kind ?? 'response'} selected={name} />
      </ListPlace>
      {name !== undefined && <Outlet />}
    </>
  )
}

function List({ kind, selected }: { kind: string; selected: string | undefined }) {
  const assistant = useAssistant()
  const dock = useLayout((state) => state.dock)
  const navigate = useNavigate()
  const { data, error, refetch } = useQuery(itemsQuery(assistant.id, kind))
  const small = useNarrow()
  const wide = useWide()
  const [filter, setFilter] = useState('')
  const { view, setView } = useView()
  const look = lookOf(kind)
  const wanted = filter.trim().toLowerCase()
  const fits = (item: ItemSummary) => view === undefined || !VIEWS[view].fits(kind, assistant) || VIEWS[view].shows(item, assistant)
  const rows = data?.filter((item) => fits(item) && `${item.name} ${item.text ?? ''}`.toLowerCase().includes(wanted)) ?? []
  const open = (item: ItemSummary) => void navigate({ to: '/a/$assistant/content/$kind/$name', params: { assistant: assistant.name, kind, name: item.name } })
  const label = words.filter(look.many)
  // What is made next stands in the list, whatever was looked for before.
  const showAll = () => {
    setFilter('')
    setView(undefined)
  }
  const Place = selected !== undefined ? 'section' : 'main'
  return (
    <Place className={selected !== undefined ? 'work content-list narrow' : 'work content-list'} id={selected !== undefined ? undefined : 'work'} aria-label={look.many}>
      <div className="toolbar content-tools">
        <h2 className="h">{look.many}</h2>
        <SearchInput label={label} value={filter} onChange={setFilter} />
        <New kind={kind} onPress={showAll} />
      </div>
      {error && !data ? (
        <Failure what={words.unreadable(look.many)} error={error} again={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows widths={[170, 240, 40, 60]} />
      ) : data.length === 0 ? (
        <Empty icon={look.icon} hue={look.hue} title={words.none(look.many)} actions={<New kind={kind} primary onPress={showAll} />}>
          {words.purpose[kind]}
        </Empty>
      ) : rows.length === 0 ? (
        <Empty icon={look.icon} hue={look.hue} title={words.noneFits}>
          {view ? words.viewShowsNone(VIEWS[view].label) : words.noMatch}
        </Empty>
      ) : (
        <VirtualTable
          label={look.many}
          columns={columnsFor(kind, languagesOf(assistant), assistant, { narrow: selected !== undefined || dock || small, wide })}
          rows={rows}
          id={(item) => item.id}
          selected={rows.find((item) => item.name === selected)?.id}
          onOpen={open}
        />
      )}
    </Place>
  )
}

function New({ kind, onPress, primary = false }: { kind: string; onPress: () => void; primary?: boolean }) {
  const may = useMayWrite(kind)
  const create = NEW[kind]
  if (!may || create === undefined) return null
  const press = () => {
    onPress()
    useOverlays.setState({ create })
  }
  return (
    <Button icon={IconPlus} look={primary ? 'primary' : undefined} onClick={press}>
      {primary ? words.newOf(kind) : words.new}
    </Button>
  )
}
