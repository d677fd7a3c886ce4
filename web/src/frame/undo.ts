import { IconAlertTriangle } from '@tabler/icons-react'
import type { DocumentStore } from '../documents'
import { toast } from '../ui/toasts'
import { words } from './words'

const CHANGED_SINCE = words.undo.notUndoneSomebodyElse

export function undoWith(store: DocumentStore): void {
  const there = store.state.getState().undo.length > 0
  if (there && !store.undo()) toast(IconAlertTriangle, CHANGED_SINCE)
}

export function redoWith(store: DocumentStore): void {
  const there = store.state.getState().redo.length > 0
  if (there && !store.redo()) toast(IconAlertTriangle, CHANGED_SINCE.replace('undone', 'redone'))
}
