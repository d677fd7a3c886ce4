/** NLU data: intents with their examples, entities, synonyms, regexes and lookups. */
import { IconPlus, IconTextRecognition } from '@tabler/icons-react'
import { useQueries, useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ItemSummary } from '../api'
import { itemsQuery } from '../app/queries'
import { Rows } from '../focus/Rows'
import { useAssistant, useMay } from '../frame/assistant'
import { useOverlays } from '../frame/layout'
import { ListPlace } from '../frame/ListPlace'
import { ResizablePane } from '../frame/ResizablePane'
import { NLU_KINDS } from '../frame/useItemLink'
import { Button, IconButton, KindTile } from '../ui/controls'
import { SearchInput } from '../ui/fields'
import { called, lookOf } from '../ui/kinds'
import { ProblemCount } from '../ui/marks'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { words } from './words'

export default function NluPage() {
  const { name, kind } = useParams({ strict: false })
  return (
    <>
      <ListPlace open={name !== undefined}>
        <Pane kind={kind} selected={name} />
      </ListPlace>
      {name !== undefined ? <Outlet /> : <NothingOpen />}
    </>
  )
}

function NothingOpen() {
  const { id } = useAssistant()
  const may = useMay('nlu:write')
  const { data: intents } = useQuery(itemsQuery(id, 'intent'))
  return (
    <main className="work" id="work">
      <Empty
        icon={IconTextRecognition}
        hue="k-logic"
        title={intents?.length === 0 ? words.noIntents : words.choose}
        actions={
          may && (
            <Button look="primary" icon={IconPlus} onClick={() => useOverlays.setState({ create: 'intent' })}>
              {words.newIntent}
            </Button>
          )
        }
      >
        {words.purpose}
      </Empty>
    </main>
  )
}

function Pane({ kind, selected }: { kind: string | undefined; selected: string | undefined }) {
  const { id } = useAssistant()
  const may = useMay('nlu:write')
  const [filter, setFilter] = useState('')
  const lists = useQueries({ queries: NLU_KINDS.map((each) => itemsQuery(id, each)) })
  const failed = lists.find((list) => list.error && !list.data)
  const wanted = filter.trim().toLowerCase()
  const shown = lists.map(({ data }) => data?.filter((item) => `${item.name} ${item.text ?? ''}`.toLowerCase().includes(wanted)) ?? [])
  return (
    <ResizablePane label={words.title}>
      <div className="head">
        <h2 className="h grow">{words.title}</h2>
        {may && <IconButton icon={IconPlus} label={words.newIntent} onClick={() => useOverlays.setState({ create: 'intent' })} />}
      </div>
      <div className="pane-tools">
        <SearchInput label={words.filter} value={filter} onChange={setFilter} />
      </div>
      {failed ? (
        <Failure what={words.unreadable} error={failed.error} again={() => void failed.refetch()} />
      ) : lists.some((list) => !list.data) ? (
        <SkeletonRows widths={[170]} />
      ) : (
        <Rows className="scroll pane-list" label={words.data}>
          {NLU_KINDS.map((each, i) => (
            <Group key={each} kind={each} items={shown[i] ?? []} selected={each === kind ? selected : undefined} />
          ))}
          {shown.every((items) => items.length === 0) && <p className="t3 pane-none">{wanted === '' ? words.noneYet : words.noneIsCalledThat}</p>}
        </Rows>
      )}
    </ResizablePane>
  )
}

function Group({ kind, items, selected }: { kind: string; items: readonly ItemSummary[]; selected: string | undefined }) {
  const { name: assistant } = useAssistant()
  if (items.length === 0) return null
  return (
    <>
      <h3 className="group">
        <span className="grow">{lookOf(kind).many}</span>
        <span className="num">{items.length}</span>
      </h3>
      <div className="rows">
        {items.map((item) => (
          <Link key={item.id} to="/a/$assistant/nlu/$kind/$name" params={{ assistant, kind, name: item.name }} className={item.name === selected ? 'row sel' : 'row'} aria-current={item.name === selected ? 'page' : undefined}>
            <KindTile kind={kind} />
            <span className="mono grow ell">{called(item.name)}</span>
            <ProblemCount counts={item.problems} />
            {typeof item.extra['examples'] === 'number' && (
              <span className="micro num t3" title={words.count(item.extra['examples'])}>
                {item.extra['examples']}
              </span>
            )}
          </Link>
        ))}
      </div>
    </>
  )
}
