/** The places that name an item; each leads there. */
import { IconArrowUpRight } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { usedQuery } from '../app/queries'
import { useAssistant } from '../frame/assistant'
import { useItemLink } from '../frame/useItemLink'
import { KindTile } from '../ui/controls'
import { Icon } from '../ui/Icon'

export function WhereUsed({ item }: { item: string }) {
  const { id } = useAssistant()
  const { data } = useQuery(usedQuery(id, item))
  const go = useItemLink()
  if (!data) return null
  return (
    <section aria-label="Where used">
      <h3 className="hs small strong used-head">
        <span className="grow">Where used</span>
        <span className="num t3">{data.items.length}</span>
      </h3>
      {data.items.length === 0 && <p className="small t3">Nothing names it.</p>}
      {data.items.map((usage) => (
        <button key={`${usage.item.id} ${usage.path} ${usage.step}`} type="button" className="use" onClick={() => go({ ...usage.item, step: usage.step })}>
          <KindTile kind={usage.item.kind} name={usage.item.name} />
          <span className="grow use-words">
            <span className="mono ell">{usage.item.name}</span>
            <span className="micro t3 ell">{usage.text ?? usage.step ?? ''}</span>
          </span>
          <Icon of={IconArrowUpRight} size={14} className="t3" />
        </button>
      ))}
    </section>
  )
}
