/** One text written of two: it begins with both, is checked while it is written, and stands once it is saved. */
import { IconAlertCircle, IconCheck } from '@tabler/icons-react'
import { useEffect, useId, useState } from 'react'
import { piece } from '../app/chunks'
import { useConditions } from '../content/useConditions'
import { join, useDocuments, type Conflict } from '../documents'
import { Button } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { useUnknownSlot } from '../ui/knownSlots'
import { slotRanges } from '../ui/slotRanges'
import { wordDiff } from './diff'
import { words } from './words'

interface Props {
  conflict: Conflict
  mine: string
  theirs: string
  onSaved: () => void
  onCancel: () => void
}

interface Finding {
  /** It can't be saved like this. */
  bars: boolean
  text: string
}

export function JoinedText({ conflict, mine, theirs, onSaved, onCancel }: Props) {
  const store = useDocuments()
  const id = useId()
  const [text, setText] = useState(() => both(mine, theirs))
  const finding = useFinding(conflict, text)
  const source = conflict.overlap.name === 'source'
  const save = () => {
    join(store, conflict.item, text)
    onSaved()
  }
  return (
    <section className="conflict-joined" aria-label={words.joined}>
      <label className="med" htmlFor={id}>
        {words.joined}
      </label>
      <p className="small t3">{words.joinedWhy}</p>
      {/* Whoever asked for it writes at once. */}
      {/* oxlint-disable-next-line jsx-a11y/no-autofocus */}
      <textarea id={id} autoFocus className={`input area${source ? ' mono' : ''}`} spellCheck={!source} value={text} aria-invalid={finding?.bars ?? false} aria-describedby={`${id}-note`} onChange={(event) => setText(event.target.value)} />
      <p id={`${id}-note`} role="status" className={`hs small ${finding === null ? 't3' : finding.bars ? 'c-err' : 'c-warn'}`}>
        <Icon of={finding === null ? IconCheck : IconAlertCircle} size={14} />
        {finding?.text ?? words.checked}
      </p>
      <div className="hs">
        <Button tall look="primary" icon={IconCheck} disabled={finding?.bars} onClick={save}>
          {words.saveJoined}
        </Button>
        <Button tall onClick={onCancel}>
          {words.backToBoth}
        </Button>
      </div>
    </section>
  )
}

/** What both have, with what each has alone at its place. */
function both(mine: string, theirs: string): string {
  return wordDiff(mine, theirs).reduce((joined, { kind, text }) => joined + (kind === 'theirs' && /[^\s\p{P}]$|\}$/u.test(joined) && /^[^\s\p{P}]|^\{/u.test(text) ? ' ' : '') + text, '')
}

/** What is wrong with the text at its place: YAML that can't be read, a condition that can't, a slot that there is not. */
function useFinding({ mine, overlap }: Conflict, text: string): Finding | null {
  const unknown = useUnknownSlot()
  const file = overlap.name === 'source' ? (mine.parts?.[overlap.part]?.file ?? '') : ''
  const yaml = useYamlFault(/\.ya?ml$/.test(file), text)
  const expression = 'at' in overlap && overlap.at.path.endsWith('/if') ? [text] : []
  const condition = useConditions(expression)[text]
  if (yaml !== null) return { bars: true, text: yaml }
  if (condition?.error) return { bars: true, text: condition.error.message }
  if (overlap.name === 'source') return null
  if (text.trim() === '') return { bars: true, text: words.joinedEmpty }
  const slots = [...new Set(slotRanges(text).flatMap(({ slot }) => (slot !== null && unknown(slot) ? [slot] : [])))]
  return slots.length > 0 ? { bars: false, text: words.unknownSlots(slots) } : null
}

function useYamlFault(wanted: boolean, text: string): string | null {
  const [fault, setFault] = useState<string | null>(null)
  useEffect(() => {
    let current = true
    if (wanted)
      void yamlFault(text).then((found) => current && setFault(found))
    return () => {
      current = false
    }
  }, [wanted, text])
  return fault
}

async function yamlFault(text: string): Promise<string | null> {
  const { parseDocument } = await piece(() => import('yaml'))
  const error = parseDocument(text, { version: '1.2', schema: 'core', merge: false }).errors[0]
  if (error === undefined) return null
  return words.atLine(error.linePos?.[0].line ?? 1, error.message.split('\n')[0]?.replace(/ at line \d+, column \d+:?$/, '') ?? error.code)
}
