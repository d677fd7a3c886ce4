/** The places that name an item; each leads there. */
import './content.css'
import { IconArrowUpRight } from '@tabler/icons-react'
import type { Usage } from '../api'
import { useQuery } from '@tanstack/react-query'
import { usedQuery } from '../app/queries'
import { useDocumentsState } from '../documents'
import { useAssistant } from '../frame/assistant'
import { useItemLink } from '../frame/useItemLink'
import { placeInWords } from '../items/place'
import { KindTile } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { Failure, SkeletonRows } from '../ui/states'
import { plural } from '../ui/time'
import { words } from './words'

/** `label` tells it from another one on the same page, as in a dialog over the item's own. */
export function WhereUsed({ item, label = words.whereUsed }: { item: string; label?: string }) {
  const name = useDocumentsState((state) => state.documents[item]?.name)
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery(usedQuery(id, item))
  const go = useItemLink()
  if (error && !data) return <Failure what={words.usesUnreadable} error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows widths={[150]} rows={3} height={40} />
  return (
    <section aria-label={label}>
      <h3 className="hs small strong used-head">
        <span className="grow nowrap">{words.whereUsed}</span>
        <span className="used-count micro num t3 ell">{counted(data.items)}</span>
      </h3>
      {data.items.length === 0 && <p className="small t3">{words.unused}</p>}
      {grouped(data.items).map(({ usage, count }) => (
        <button key={`${usage.item.id} ${usage.step}`} type="button" className="use" onClick={() => go({ ...usage.item, step: usage.step })}>
          <KindTile kind={usage.item.kind} name={usage.item.name} />
          <span className="grow use-words">
            <span className="mono ell">{usage.item.name}</span>
            <span className="micro t3 ell">{count > 1 ? words.places(count) : whereIn(usage, name)}</span>
          </span>
          <Icon of={IconArrowUpRight} size={14} className="t3" />
        </button>
      ))}
    </section>
  )
}

/** How many items name it, as the lists count, and in how many places, where there are more of these. */
function counted(usages: readonly Usage[]): string {
  const items = new Set(usages.map(({ item }) => item.id)).size
  return items === usages.length ? plural(items, 'item') : `${plural(items, 'item')}, ${words.places(usages.length)}`
}

/** One row for each step of a flow, and one for any other item however often it names this one. */
function grouped(usages: readonly Usage[]): { usage: Usage; count: number }[] {
  const groups = new Map<string, { usage: Usage; count: number }>()
  for (const usage of usages) {
    const key = `${usage.item.id} ${usage.step}`
    const group = groups.get(key)
    if (group) group.count++
    else groups.set(key, { usage, count: 1 })
  }
  return [...groups.values()]
}

/** The place in words: the text around it, or the way to it. */
function whereIn(usage: Usage, name: string | undefined): string {
  if (usage.text !== null && usage.text !== name) return usage.text
  return placeInWords(usage.item.kind, usage.step, usage.path)
}
