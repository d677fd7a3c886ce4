/** Where changes wait until the server has them. The seam for a store that outlives the page. */
import type { Change } from './changes'

export interface ChangeQueue {
  /** All changes that wait, oldest first. */
  read(): Promise<Change[]>
  put(change: Change): Promise<void>
  remove(id: string): Promise<void>
}

/** Lives as long as the page. */
export function memoryQueue(): ChangeQueue {
  const waiting = new Map<string, Change>()
  return {
    read: async () => [...waiting.values()],
    put: async (change) => void waiting.set(change.id, change),
    remove: async (id) => void waiting.delete(id),
  }
}
