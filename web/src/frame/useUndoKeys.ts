/** Undo and redo by key: a text that was just written in its field is the browser's to take back, all else the studio's. */
import { useHotkeys } from '@mantine/hooks'
import { useEffect, useRef } from 'react'
import { useDocuments } from '../documents'
import { redoWith, undoWith } from './undo'

const FIELD = 'input, textarea, select'
/** Fields of an item's form hold nothing but its content. */
const OF_CONTENT = '.edbody input, .edbody textarea'

export function useUndoKeys(): void {
  const store = useDocuments()
  /** The field that has been written in since it has the focus. */
  const written = useRef<EventTarget | null>(null)
  useEffect(() => {
    const came = () => (written.current = null)
    const wrote = ({ target }: Event) => (written.current = target)
    document.addEventListener('focusin', came)
    document.addEventListener('input', wrote, true)
    return () => {
      document.removeEventListener('focusin', came)
      document.removeEventListener('input', wrote, true)
    }
  }, [])
  const by = (act: typeof undoWith) => (event: KeyboardEvent) => {
    const target = event.target as HTMLElement
    if (target.matches(FIELD) && (target === written.current || !target.matches(OF_CONTENT))) return
    event.preventDefault()
    act(store)
  }
  useHotkeys(
    [
      ['mod+Z', by(undoWith), { preventDefault: false }],
      ['mod+shift+Z', by(redoWith), { preventDefault: false }],
    ],
    [],
  )
}
