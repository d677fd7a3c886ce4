/** Taking a change back: asks first where it would delete something or change a lot. */
import { IconAlertCircle, IconArrowBackUp } from '@tabler/icons-react'
import { useState } from 'react'
import { api, ApiError, type HistoryEntry } from '../api'
import { contentChanged, isShown } from '../app/queries'
import { storeOf } from '../app/stores'
import { uuid7 } from '../documents'
import { useAssistant, writes } from '../frame/assistant'
import { Button, KindTile } from '../ui/controls'
import { Dialog } from '../ui/Dialog'
import { toast } from '../ui/toasts'
import { words } from './words'

/** So many items are changed back without a question. */
const FEW = 3

/** The change that made the assistant has nothing before it. */
const FIRST = 1

export function RevertButton({ entry }: { entry: HistoryEntry }) {
  const { id, permissions } = useAssistant()
  const [asked, setAsked] = useState(false)
  const may = entry.items.every((item) => permissions.includes(writes(item.kind)))
  if (!may || entry.number === FIRST || entry.items.length === 0) return null
  const asks = entry.items.length > FEW || entry.items.some((item) => item.did === 'made')
  const go = () => {
    setAsked(false)
    void revert(id, entry.number, words.history.reverted(entry.words), words.history.revertedBack(entry.words))
  }
  return (
    <>
      <Button icon={IconArrowBackUp} className="small-btn" onClick={asks ? () => setAsked(true) : go}>
        {words.history.revert}
      </Button>
      <Dialog title={words.reverting.title(entry.number)} opened={asked} onClose={() => setAsked(false)}>
        <Consequences entry={entry} />
        <div className="dialog-actions">
          <Button tall onClick={() => setAsked(false)}>
            {words.reverting.cancel}
          </Button>
          <Button tall look="solid-danger" icon={IconArrowBackUp} onClick={go}>
            {words.reverting.go}
          </Button>
        </div>
      </Dialog>
    </>
  )
}

function Consequences({ entry }: { entry: HistoryEntry }) {
  const groups = (['made', 'changed', 'deleted'] as const).map((did) => ({ did, items: entry.items.filter((item) => item.did === did) }))
  return (
    <>
      <p className="t2">{words.reverting.what(entry.words, entry.items.length)}</p>
      {/* The list scrolls, so that it must be reachable by keyboard. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <div className="touched" tabIndex={0}>
        {groups
          .filter(({ items }) => items.length > 0)
          .map(({ did, items }) => (
            <section key={did}>
              <h3 className="small strong">{words.reverting.did[did](items.length)}</h3>
              <ul>
                {items.map((item) => (
                  <li key={item.id} className="hs">
                    <KindTile kind={item.kind} name={item.name} />
                    <span className="mono small">{item.name}</span>
                  </li>
                ))}
              </ul>
            </section>
          ))}
      </div>
      <p className="small t3">{words.reverting.after}</p>
    </>
  )
}

/** Takes a change back and offers the way back from that: a revert of the revert. */
async function revert(assistant: string, number: number, done: string, undone: string): Promise<void> {
  const store = storeOf(assistant)
  store.settle()
  try {
    const answer = await api.revertChange(assistant, number, uuid7())
    await store.others.changed(answer.items, (item) => isShown(assistant, item))
    contentChanged(assistant)
    toast(IconArrowBackUp, done, { label: words.history.undo, run: () => void revert(assistant, answer.change, undone, done) })
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    toast(IconAlertCircle, error.sentence)
  }
}
