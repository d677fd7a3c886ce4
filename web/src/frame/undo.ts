import { IconAlertTriangle } from '@tabler/icons-react'
import type { DocumentStore } from '../documents'
import { toast } from '../ui/toasts'
import { words } from './words'

const CHANGED_SINCE = words.undo.notUndoneSomebodyElse

export function undoWith(store: DocumentStore): void {
  const there = store.state.getState().undo.length > 0
  if (there && !store.undo()) toast(IconAlertTriangle, CHANGED_SINCE)
}

/** Takes one certain change back, whatever was made after it. */
export function undoOnly(store: DocumentStore, change: string): boolean {
  const there = store.state.getState().undo.some((step) => step.change.id === change)
  const done = there && store.undo(change)
  if (!done) toast(IconAlertTriangle, there ? CHANGED_SINCE : words.undo.undoneAlready)
  return done
}

export function redoWith(store: DocumentStore): void {
  const there = store.state.getState().redo.length > 0
  if (there && !store.redo()) toast(IconAlertTriangle, CHANGED_SINCE.replace('undone', 'redone'))
}
