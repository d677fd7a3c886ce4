import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import type { ItemSummary } from '../api'
import { itemsQuery } from '../app/queries'
import { Rows } from '../focus/Rows'
import { useAssistant, useMay } from '../frame/assistant'
import { useOverlays } from '../frame/layout'
import { ResizablePane } from '../frame/ResizablePane'
import { ItemMenu } from '../items/ItemMenu'
import { IconButton, KindTile, Segmented } from '../ui/controls'
import { SearchInput } from '../ui/fields'
import { called } from '../ui/kinds'
import { ProblemCount } from '../ui/marks'
import { Failure, SkeletonRows } from '../ui/states'
import { plural, shortTime } from '../ui/time'
import { words } from './words'

type Shown = 'flows' | 'patterns'

export function isPattern(name: string): boolean {
  return name.startsWith('pattern_')
}

export function FlowsPane({ selected }: { selected: string | undefined }) {
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery(itemsQuery(id, 'flow'))
  const may = useMay('flows:write')
  const [shown, setShown] = useState<Shown>(selected && isPattern(selected) ? 'patterns' : 'flows')
  const [filter, setFilter] = useState('')
  const patterns = data?.filter((item) => isPattern(item.name)) ?? []
  const flows = data?.filter((item) => !isPattern(item.name)) ?? []
  const wanted = filter.trim().toLowerCase()
  const items = (shown === 'flows' ? flows : patterns).filter((item) => `${item.name} ${item.title ?? ''} ${item.text ?? ''}`.toLowerCase().includes(wanted))
  return (
    <ResizablePane label={words.flowsPane.flows}>
      <div className="head">
        <h2 className="h grow">{words.flowsPane.flows}</h2>
        {may && <IconButton icon={IconPlus} label={words.flowsPane.newFlow} onClick={() => useOverlays.setState({ create: 'flow' })} />}
      </div>
      <div className="pane-tools">
        <Segmented
          full
          label={words.flowsPane.flowsOrPatterns}
          value={shown}
          onChange={setShown}
          options={[
            { value: 'flows', label: <>{words.flowsPane.flows} {data && <span className="num t2">{flows.length}</span>}</> },
            { value: 'patterns', label: <>{words.flowsPane.patterns} {data && <span className="num t2">{patterns.length}</span>}</> },
          ]}
        />
        <SearchInput label={words.flowsPane.filter} value={filter} onChange={setFilter} />
      </div>
      {error && !data ? (
        <Failure what={words.flowsPane.unreadable} error={error} again={() => void refetch()} />
      ) : !data ? (
        <SkeletonRows widths={[170]} rows={9} />
      ) : (
        <Rows className="rows scroll pane-list" label={shown === 'flows' ? words.flowsPane.flows : words.flowsPane.patterns}>
          {items.map((item) => (
            <Row key={item.id} item={item} selected={item.name === selected} />
          ))}
          {items.length === 0 && <p className="t3 pane-none">{wanted === '' ? words.flowsPane.thereAreNoneYet : words.flowsPane.noneIsCalledThat}</p>}
        </Rows>
      )}
      {data && <Foot flows={shown === 'flows' ? flows : patterns} one={shown === 'flows' ? words.flowsPane.flow : words.flowsPane.pattern} />}
    </ResizablePane>
  )
}

/** The open flow's row stands in sight, also when another page led here. */
function intoSight(row: HTMLElement | null): void {
  row?.scrollIntoView({ block: 'nearest' })
}

function Row({ item, selected }: { item: ItemSummary; selected: boolean }) {
  const { name: assistant } = useAssistant()
  const navigate = useNavigate()
  const [near, setNear] = useState(false)
  const onGone = () => {
    if (selected) void navigate({ to: '/a/$assistant/flows', params: { assistant } })
  }
  return (
    // The menu comes with the pointer or the focus: hundreds of rows need not have one each.
    <div className="row-acted" onMouseEnter={() => setNear(true)} onFocus={() => setNear(true)}>
      <Link to="/a/$assistant/flows/$flow" params={{ assistant, flow: item.name }} ref={selected ? intoSight : undefined} className={selected ? 'row sel' : 'row'} aria-current={selected ? 'page' : undefined} title={item.text ?? undefined}>
        <KindTile kind="flow" name={item.name} />
        <span className="mono grow ell">{called(item.name)}</span>
        {isPattern(item.name) && !item.builtin && <span className="micro t3">{words.flowsPane.changed}</span>}
        <ProblemCount counts={item.problems} />
      </Link>
      {near && <ItemMenu item={item} own={!item.builtin} onGone={onGone} className="row-menu" />}
    </div>
  )
}

/** How many stand in the list, and when one of them was edited last. */
function Foot({ flows, one }: { flows: readonly ItemSummary[]; one: string }) {
  const last = flows
    .flatMap((flow) => (flow.changed && !flow.as_it_came ? [flow.changed.at] : []))
    .toSorted()
    .at(-1)
  return <p className="micro t3 num pane-foot">{last ? words.flowsPane.lastEdit(plural(flows.length, one), shortTime(last)) : plural(flows.length, one)}</p>
}
