/** Two people changed the same place: both versions side by side, and the person chooses. Nothing is lost either way. */
import { IconCheck, IconGitMerge } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { api } from '../api'
import { useAssistant } from '../frame/assistant'
import { resolve, get, useDocuments, type Command, type Conflict, type Document } from '../documents'
import { Avatar, Button, KindTile } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { longTime } from '../ui/time'
import { wordDiff } from './diff'
import { words } from './words'
import './editor.css'

export function ConflictView({ conflict }: { conflict: Conflict }) {
  const store = useDocuments()
  const { mine, theirs, overlap, changes } = conflict
  const { id } = useAssistant()
  const { data } = useQuery({ queryKey: ['history', id, conflict.item, theirs.revision], queryFn: () => api.itemHistory(id, conflict.item) })
  const other = changes.at(-1) ?? data?.items[0]
  const texts = { mine: textAt(mine, overlap), theirs: textAt(theirs, overlap) }
  const pieces = wordDiff(texts.mine, texts.theirs)
  return (
    <div className="conflict">
      <div className="banner calm">
        <Icon of={IconGitMerge} />
        <span>
          <span className="med">{words.bothChanged(other?.by.name, mine.kind)}</span>{' '}
          <span className="t2">{words.bothKept}</span>
        </span>
      </div>
      <div className="conflict-head hs">
        <KindTile kind={mine.kind} name={mine.name} />
        <span className="mono med">{mine.name}</span>
        <span className="small t3">{placeOf(overlap, mine.kind)}</span>
      </div>
      <div className="conflict-sides">
        <section aria-label={words.yours}>
          <h3 className="hs">
            <span className="med grow">{words.yours}</span>
            <span className="tag">{words.mine}</span>
          </h3>
          <p className="conflict-text wd">{pieces.map((piece, i) => piece.kind !== 'theirs' && <Shown key={i} kind={piece.kind} text={piece.text} />)}</p>
          <Button tall icon={IconCheck} onClick={() => store.choose(conflict.item, 'mine')}>
            {words.keepMine}
          </Button>
        </section>
        <section aria-label={words.onServer}>
          <h3 className="hs">
            {other && <Avatar name={other.by.name} small />}
            <span className="grow">
              <span className="med">{words.onServer}</span> {other && <span className="small t3">{`${other.by.name}, ${longTime(other.at)}`}</span>}
            </span>
            <span className="tag">{words.theirs}</span>
          </h3>
          <p className="conflict-text wd">{pieces.map((piece, i) => piece.kind !== 'mine' && <Shown key={i} kind={piece.kind} text={piece.text} />)}</p>
          <Button tall icon={IconCheck} onClick={() => store.choose(conflict.item, 'theirs')}>
            {words.takeTheirs}
          </Button>
        </section>
      </div>
    </div>
  )
}

function Shown({ kind, text }: { kind: 'same' | 'mine' | 'theirs'; text: string }) {
  return kind === 'same' ? <>{text}</> : <ins>{text}</ins>
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

/** The place that both changed, in words: "variation 1 › text". */
function placeOf(overlap: Command, kind: string): string {
  if (overlap.name === 'source') return words.itsText
  if (!('at' in overlap)) return ''
  const way = overlap.at.path.split('/').filter(Boolean)
  const parts = way.map((part, i) => (/^\d+$/.test(part) ? kind === 'response' && i === 0 ? words.variation(Number(part) + 1) : String(Number(part) + 1) : part))
  return [overlap.at.step, ...parts].filter(Boolean).join(' › ')
}
