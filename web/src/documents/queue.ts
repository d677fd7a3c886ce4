/** Where changes wait until the server has them, and texts until the server can read them. */
import type { Edit } from '../api'
import type { Change } from './changes'
import type { Draft, Drafts } from './drafts'

export interface Waiting {
  change: Change
  /** What was sent for it before, answered or not: sent again it gets the first answer. */
  edits?: readonly Edit[]
}

export interface ChangeQueue {
  /** All changes that wait, oldest first. */
  read(): Promise<Waiting[]>
  /** Keeps a change; false where it lives no longer than this page. */
  put(waiting: Waiting): Promise<boolean>
  remove(id: string): Promise<void>
  readDrafts(): Promise<Record<string, Draft>>
  /** Keeps or (null) forgets a text that the server could not read. */
  putDraft(key: string, draft: Draft | null): Promise<void>
}

/** Lives as long as the page. */
export function memoryQueue(): ChangeQueue {
  const waiting = new Map<string, Waiting>()
  const drafts = new Map<string, Draft>()
  return {
    read: async () => [...waiting.values()],
    put: async (entry) => {
      waiting.set(entry.change.id, entry)
      return false
    },
    remove: async (id) => void waiting.delete(id),
    readDrafts: async () => Object.fromEntries(drafts),
    putDraft: async (key, draft) => void (draft === null ? drafts.delete(key) : drafts.set(key, draft)),
  }
}

/** Writes down which drafts differ from those before. */
export function keepDrafts(queue: ChangeQueue, drafts: Drafts, before: Drafts): void {
  if (drafts === before) return
  for (const key of new Set([...Object.keys(drafts), ...Object.keys(before)])) {
    if (drafts[key] !== before[key]) void queue.putDraft(key, drafts[key] ?? null)
  }
}
