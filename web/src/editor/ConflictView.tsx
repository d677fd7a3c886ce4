/** Two people, or one in two tabs, changed the same place: both versions side by side, and the person chooses. Nothing is lost either way. */
import { IconCheck, IconClock, IconGitMerge, IconTextPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { api } from '../api'
import { sessionQuery } from '../app/queries'
import { useAssistant } from '../frame/assistant'
import { decideLater, goOnDeciding, showing, useConflicts } from '../frame/deciding'
import { useItemLink } from '../frame/useItemLink'
import { placeInWords } from '../items/place'
import { resolve, get, joinable, lostWith, useDocuments, useDocumentsState, type Command, type Conflict, type Document } from '../documents'
import { Avatar, Button, KindTile } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { SlotText } from '../ui/SlotText'
import { longTime } from '../ui/time'
import { wordDiff, type Piece } from './diff'
import { JoinedText } from './JoinedText'
import { words } from './words'
import './editor.css'

export function ConflictView({ conflict }: { conflict: Conflict }) {
  const store = useDocuments()
  const go = useItemLink()
  const all = useConflicts()
  const [joining, setJoining] = useState(false)
  const { item, mine, theirs, overlap, changes } = conflict
  useEffect(() => showing(item), [item])
  const goOn = () => goOnDeciding(all, item, go)
  const choose = (side: 'mine' | 'theirs') => {
    store.choose(item, side)
    goOn()
  }
  const later = () => {
    decideLater(conflict)
    goOn()
  }
  const lost = useDocumentsState((state) => lostWith(state, item))
  const { id } = useAssistant()
  const { data } = useQuery({ queryKey: ['history', id, conflict.item, theirs.revision], queryFn: () => api.itemHistory(id, conflict.item) })
  const other = changes.at(-1) ?? data?.items[0]
  const { data: session } = useQuery(sessionQuery)
  const own = other !== undefined && other.by.id === session?.person.id
  const texts = { mine: textAt(mine, overlap), theirs: textAt(theirs, overlap) }
  const before = textBefore(overlap)
  // Each side shows what it changed; where nobody knows what was there before, what it has alone.
  const sides = before === null ? alone(wordDiff(texts.mine, texts.theirs)) : { mine: changed(before, texts.mine), theirs: changed(before, texts.theirs) }
  return (
    <div className="conflict">
      <div className="banner calm">
        <Icon of={IconGitMerge} />
        <span>
          <span className="med">{own ? words.changedInTabs(mine.kind) : words.bothChanged(other?.by.name, mine.kind)}</span>{' '}
          <span className="t2">{words.bothKept}</span>
        </span>
        <span className="sp" />
        {all.length > 1 && <span className="small t3 num nowrap">{words.nth(all.findIndex((each) => each.item === item) + 1, all.length)}</span>}
      </div>
      <div className="conflict-head hs">
        <KindTile kind={mine.kind} name={mine.name} />
        <h2 className="mono med">{mine.name}</h2>
        <span className="small t3 nowrap">{placeOf(overlap, mine, theirs)}</span>
        {before !== null && (
          <span className="small t2 ell">
            {words.before} <SlotText text={before} />
          </span>
        )}
      </div>
      <div className="conflict-sides">
        <section aria-label={words.yours}>
          <h3 className="hs">
            <span className="med grow">{words.yours}</span>
            <span className="tag">{words.mine}</span>
          </h3>
          <Text pieces={sides.mine} />
          <Button tall icon={IconCheck} onClick={() => choose('mine')}>
            {words.keepMine}
          </Button>
        </section>
        <section aria-label={words.onServer}>
          <h3 className="hs">
            {other && <Avatar name={other.by.name} small />}
            <span className="grow">
              <span className="med">{words.onServer}</span> {other && <span className="small t3">{`${own ? words.inAnotherTab : other.by.name}, ${longTime(other.at)}`}</span>}
            </span>
            <span className="tag">{words.theirs}</span>
          </h3>
          <Text pieces={sides.theirs} />
          <Button tall icon={IconCheck} onClick={() => choose('theirs')}>
            {words.takeTheirs}
          </Button>
          {lost > 0 && <p className="small t3 conflict-lost">{words.letsGo(lost)}</p>}
        </section>
      </div>
      {joining ? (
        <JoinedText conflict={conflict} mine={texts.mine} theirs={texts.theirs} onSaved={goOn} onCancel={() => setJoining(false)} />
      ) : (
        <div className="conflict-else hs">
          {joinable(conflict) && (
            <Button tall icon={IconTextPlus} onClick={() => setJoining(true)}>
              {words.join}
            </Button>
          )}
          <Button tall look="quiet" icon={IconClock} onClick={later}>
            {words.later}
          </Button>
        </div>
      )}
    </div>
  )
}

interface Part {
  kind: 'same' | 'ins' | 'del'
  text: string
}

function Text({ pieces }: { pieces: readonly Part[] }) {
  return (
    <p className="conflict-text wd">
      {pieces.map(({ kind: Tag, text }, i) => (Tag === 'same' ? <SlotText key={i} text={text} /> : <Tag key={i}>{text}</Tag>))}
    </p>
  )
}

function changed(before: string, after: string): Part[] {
  return wordDiff(before, after).map(({ kind, text }) => ({ kind: kind === 'same' ? kind : kind === 'mine' ? 'del' : 'ins', text }))
}

function alone(pieces: readonly Piece[]): { mine: Part[]; theirs: Part[] } {
  const of = (side: Piece['kind']) => pieces.filter(({ kind }) => kind === 'same' || kind === side).map(({ kind, text }) => ({ kind: kind === 'same' ? kind : 'ins', text }) as const)
  return { mine: of('mine'), theirs: of('theirs') }
}

/** The text that both began with, where the change says so. */
function textBefore(overlap: Command): string | null {
  if (!('was' in overlap) || typeof overlap.was !== 'string' || overlap.name === 'source') return null
  return overlap.was
}

/** What stands at the place that both changed: a text as it is, anything else as JSON. */
function textAt(document: Document, overlap: Command): string {
  if (overlap.name === 'source') return document.parts?.[overlap.part]?.source ?? ''
  if (!('at' in overlap)) return document.deleted ? words.deleted : document.name
  const path = resolve(overlap.at, document.keys)
  const value = path === null ? undefined : get(document.body, path)
  if (value === undefined) return words.gone
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

/** The place that both changed, in words: "step 3, description". */
function placeOf(overlap: Command, mine: Document, theirs: Document): string {
  if (overlap.name === 'source') return words.itsText
  if (!('at' in overlap)) return ''
  const { step = null, path } = overlap.at
  return placeInWords(mine.kind, step, resolve(overlap.at, theirs.keys) ?? resolve(overlap.at, mine.keys) ?? path)
}
