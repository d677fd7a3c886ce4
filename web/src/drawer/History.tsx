/** All changes of the assistant, newest first; each can be taken back by a new one. */
import { IconArrowBackUp, IconHistory } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { api, ApiError, type HistoryEntry } from '../api'
import { changesQuery, contentChanged } from '../app/queries'
import { storeOf } from '../app/stores'
import { uuid7 } from '../documents'
import { useAssistant, writes } from '../frame/assistant'
import { useItemLink } from '../frame/useItemLink'
import { Avatar, Button, KindTile } from '../ui/controls'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { longTime } from '../ui/time'
import { toast } from '../ui/toasts'

const SHOWN_ITEMS = 3

export function History() {
  const { id } = useAssistant()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(changesQuery(id))
  if (error && !data) return <Failure what="The history can’t be read" error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows rows={4} widths={[24, 360, 200]} height={40} />
  const entries = data.pages.flatMap((page) => page.items)
  if (entries.length === 0) return <Empty icon={IconHistory} title="No changes yet" />
  return (
    <ol className="history">
      {entries.map((entry) => (
        <Row key={entry.id} entry={entry} />
      ))}
      {hasNextPage && (
        <li className="history-more">
          <Button look="quiet" aria-busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Older changes
          </Button>
        </li>
      )}
    </ol>
  )
}

function Row({ entry }: { entry: HistoryEntry }) {
  const go = useItemLink()
  const { id, permissions } = useAssistant()
  const may = entry.items.every((item) => permissions.includes(writes(item.kind)))
  const revert = async () => {
    const store = storeOf(id)
    store.settle()
    try {
      const answer = await api.revertChange(id, entry.number, uuid7())
      await store.changedElsewhere(answer.items.map((item) => item.id))
      contentChanged(id)
      toast(IconArrowBackUp, `Taken back: ${entry.words}`)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      toast(IconArrowBackUp, `${error.title}. ${error.detail}`)
    }
  }
  return (
    <li>
      <span className="num t3 small history-number">{entry.number}</span>
      <Avatar name={entry.by.name} small />
      <span className="ell grow">{entry.words}</span>
      <span className="hs history-items">
        {entry.items.slice(0, SHOWN_ITEMS).map((item) => (
          <button key={item.id} type="button" className="item-link" onClick={() => go(item)}>
            <KindTile kind={item.kind} name={item.name} />
            <span className="mono ell">{item.name}</span>
          </button>
        ))}
        {entry.items.length > SHOWN_ITEMS && <span className="small t3 num">{`and ${entry.items.length - SHOWN_ITEMS} more`}</span>}
      </span>
      <span className="small t3 num history-time">{longTime(entry.at)}</span>
      {may && (
        <Button icon={IconArrowBackUp} className="small-btn" onClick={() => void revert()}>
          Revert
        </Button>
      )}
    </li>
  )
}
