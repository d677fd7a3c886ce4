/** The rest of the project: configuration, connections, domain, tests and other files, as they stand in the archive. */
import { IconFolder } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import type { ItemSummary } from '../api'
import { itemsQuery } from '../app/queries'
import { Rows } from '../focus/Rows'
import { useAssistant } from '../frame/assistant'
import { ListPlace } from '../frame/ListPlace'
import { ResizablePane } from '../frame/ResizablePane'
import { FILE_KINDS } from '../frame/useItemLink'
import { KindTile } from '../ui/controls'
import { SearchInput } from '../ui/fields'
import { lookOf } from '../ui/kinds'
import { ProblemCount } from '../ui/marks'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { words } from './words'

export default function FilesPage() {
  const { name, kind } = useParams({ strict: false })
  return (
    <>
      <ListPlace open={name !== undefined}>
        <Pane kind={kind} selected={name} />
      </ListPlace>
      {name !== undefined ? (
        <Outlet />
      ) : (
        <main className="work" id="work">
          <Empty icon={IconFolder} title={words.filesPage.chooseAFile}>
            {words.filesPage.whatIsHere}
          </Empty>
        </main>
      )}
    </>
  )
}

function Pane({ kind, selected }: { kind: string | undefined; selected: string | undefined }) {
  const { id } = useAssistant()
  const [filter, setFilter] = useState('')
  const lists = useQueries({ queries: FILE_KINDS.map((each) => itemsQuery(id, each)) })
  const failed = lists.find((list) => list.error && !list.data)
  const wanted = filter.trim().toLowerCase()
  const shown = lists.map(({ data }) => data?.filter((item) => item.name.toLowerCase().includes(wanted)) ?? [])
  return (
    <ResizablePane label={words.filesPage.projectFiles}>
      <div className="head">
        <h2 className="h">{words.filesPage.projectFiles}</h2>
      </div>
      <div className="pane-tools">
        <SearchInput label={words.filesPage.filterByPath} value={filter} onChange={setFilter} />
      </div>
      {failed ? (
        <Failure what={words.filesPage.unreadable} error={failed.error} again={() => void failed.refetch()} />
      ) : lists.some((list) => !list.data) ? (
        <SkeletonRows widths={[170]} />
      ) : (
        <Rows className="scroll pane-list" label={words.filesPage.projectFiles}>
          {FILE_KINDS.map((each, i) => (
            <Group key={each} kind={each} items={shown[i] ?? []} selected={each === kind ? selected : undefined} />
          ))}
          {shown.every((items) => items.length === 0) && <p className="t3 pane-none">{words.filesPage.noneIsCalledThat}</p>}
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
      <h3 className="group">{lookOf(kind).many}</h3>
      <div className="rows">
        {items.map((item) => (
          <Link key={item.id} to="/a/$assistant/files/$kind/$name" params={{ assistant, kind, name: item.name }} className={item.name === selected ? 'row sel' : 'row'} aria-current={item.name === selected ? 'page' : undefined} title={item.name}>
            <KindTile kind={kind} />
            <span className="mono grow ell">{item.name}</span>
            <ProblemCount counts={item.problems} />
          </Link>
        ))}
      </div>
    </>
  )
}
