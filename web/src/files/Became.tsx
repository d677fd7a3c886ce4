/** A file that could not be read and now can: what stood in it are items of their own. */
import { IconCircleCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { api } from '../api'
import { useAssistant } from '../frame/assistant'
import { NotFound } from '../frame/NotFound'
import { useItemLink } from '../frame/useItemLink'
import { KindTile } from '../ui/controls'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { words } from './words'

const SHOWN = 30

export function Became({ id, name }: { id: string; name: string }) {
  const { id: assistant } = useAssistant()
  const go = useItemLink()
  const { data, error, refetch } = useQuery({ queryKey: ['became', assistant, id], queryFn: () => whatBecame(assistant, id) })
  if (error) return <Failure what={words.became.unreadable} error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows widths={[240]} rows={3} />
  if (data.length === 0) return <NotFound what={words.filePage.file} />
  return (
    <main className="work scroll" id="work" aria-label={name}>
      <Empty icon={IconCircleCheck} hue="k-run" title={words.became.title(name)}>
        {words.became.why}
      </Empty>
      <ul className="became">
        {data.slice(0, SHOWN).map((item) => (
          <li key={item.id}>
            <button type="button" className="item-link" onClick={() => go(item)}>
              <KindTile kind={item.kind} name={item.name} />
              <span className="t2 small">{words.became.kind(item.kind)}</span>
              <span className="mono ell">{item.name}</span>
            </button>
          </li>
        ))}
        {data.length > SHOWN && <li className="small t3">{words.became.more(data.length - SHOWN)}</li>}
      </ul>
    </main>
  )
}

/** The items that the change which took the file away made of it; none where it was only deleted. */
async function whatBecame(assistant: string, file: string) {
  const last = (await api.itemHistory(assistant, file)).items[0]
  if (last === undefined || !last.deleted) return []
  const { items } = await api.listChanges(assistant, String(last.change + 1), 1)
  return (items[0]?.items ?? []).filter((item) => item.id !== file && item.did !== 'deleted')
}
