/** All changes of the assistant, newest first; each can be taken back by a new one. */
import { IconHistory } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import type { HistoryEntry } from '../api'
import { changesQuery } from '../app/queries'
import { useAssistant } from '../frame/assistant'
import { useItemLink } from '../frame/useItemLink'
import { Avatar, Button, KindTile } from '../ui/controls'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { longTime } from '../ui/time'
import { RevertButton } from './Revert'
import { words } from './words'

const SHOWN_ITEMS = 2

export function History() {
  const { id } = useAssistant()
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(changesQuery(id))
  if (error && !data) return <Failure what={words.history.unreadable} error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows rows={4} widths={[24, 360, 200]} height={40} />
  const entries = data.pages.flatMap((page) => page.items)
  if (entries.length === 0) return <Empty icon={IconHistory} title={words.history.none} />
  return (
    <ol className="history">
      {entries.map((entry) => (
        <Row key={entry.id} entry={entry} />
      ))}
      {hasNextPage && (
        <li className="history-more">
          <Button look="quiet" aria-busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {words.history.older}
          </Button>
        </li>
      )}
    </ol>
  )
}

function Row({ entry }: { entry: HistoryEntry }) {
  const go = useItemLink()
  return (
    <li>
      <span className="num t3 small history-number">{entry.number}</span>
      <Avatar name={entry.by.name} small />
      <span className="ell">{entry.words}</span>
      <span className="history-items">
        {entry.items.slice(0, SHOWN_ITEMS).map((item) => (
          <button key={item.id} type="button" className="item-link" onClick={() => go(item)}>
            <KindTile kind={item.kind} name={item.name} />
            <span className="mono ell">{item.name}</span>
          </button>
        ))}
        {entry.items.length > SHOWN_ITEMS && <span className="small t3 num history-rest">{words.history.more(entry.items.length - SHOWN_ITEMS)}</span>}
      </span>
      <span className="small t3 num history-time">{longTime(entry.at)}</span>
      <span className="history-revert">
        <RevertButton entry={entry} />
      </span>
    </li>
  )
}
