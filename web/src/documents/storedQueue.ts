/** A queue in the browser's IndexedDB: one database per studio and person, so that nobody reads another's changes. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb'
import type { ChangeQueue, Waiting } from './queue'
import type { Draft } from './drafts'

interface StoredChange extends Waiting {
  id: string
  assistant: string
}

interface StoredDraft {
  /** Of the assistant, the item and its part. */
  id: string
  assistant: string
  key: string
  draft: Draft
}

interface Schema extends DBSchema {
  changes: { key: string; value: StoredChange; indexes: { assistant: string } }
  drafts: { key: string; value: StoredDraft; indexes: { assistant: string } }
}

export interface Owner {
  instance: string
  person: string
  assistant: string
}

/** A name that only this person's pages of this studio use. */
export function ownName({ instance, person }: Owner): string {
  return `talkwright ${instance} ${person}`
}

/** The queue of one person's changes of one assistant. What the browser refuses to keep lives in the page. */
export function storedQueue(owner: Owner): ChangeQueue {
  const { assistant } = owner
  /** Not yet written, or refused: tried again with the next. */
  const unkept = new Map<string, Waiting>()
  let opened: Promise<IDBPDatabase<Schema>> | undefined
  const database = () => (opened ??= open(ownName(owner), () => (opened = undefined)))
  return {
    async read() {
      const rows = await kept([], async () => (await database()).getAllFromIndex('changes', 'assistant', assistant))
      const stored = rows.map(({ change, edits }): Waiting => (edits === undefined ? { change } : { change, edits }))
      const all = new Map([...stored, ...unkept.values()].map((waiting) => [waiting.change.id, waiting]))
      return [...all.values()].toSorted((a, b) => (a.change.id < b.change.id ? -1 : 1))
    },
    async put(waiting) {
      unkept.set(waiting.change.id, waiting)
      const all = [...unkept]
      const done = await kept(false, async () => {
        // Committed at once: the page may be about to go.
        const transaction = (await database()).transaction('changes', 'readwrite')
        for (const [id, entry] of all) void transaction.store.put({ ...entry, id, assistant })
        transaction.commit()
        await transaction.done
        return true
      })
      if (done) for (const [id, entry] of all) if (unkept.get(id) === entry) unkept.delete(id)
      return done
    },
    async remove(id) {
      unkept.delete(id)
      await kept(undefined, async () => (await database()).delete('changes', id))
    },
    async readDrafts() {
      const rows = await kept([], async () => (await database()).getAllFromIndex('drafts', 'assistant', assistant))
      return Object.fromEntries(rows.map(({ key, draft }) => [key, draft]))
    },
    async putDraft(key, draft) {
      const id = `${assistant}/${key}`
      await kept(undefined, async () => {
        if (draft === null) await (await database()).delete('drafts', id)
        else await (await database()).put('drafts', { id, assistant, key, draft })
      })
    },
  }
}

/** How many changes wait in this browser, whoever made them: a number says nothing of anybody. */
export async function waitingHere(): Promise<number> {
  return kept(0, async () => {
    const names = (await indexedDB.databases()).flatMap(({ name }) => (name?.startsWith('talkwright ') ? [name] : []))
    const counts = await Promise.all(
      names.map(async (name) => {
        const database = await open(name, () => undefined)
        const count = await database.count('changes')
        database.close()
        return count
      }),
    )
    return counts.reduce((sum, count) => sum + count, 0)
  })
}

/** What the database answers; `otherwise` where the browser refuses one (a private window) or has no room left. */
async function kept<T>(otherwise: T, answer: () => Promise<T>): Promise<T> {
  try {
    return await answer()
  } catch (error) {
    if (error instanceof DOMException || error instanceof ReferenceError) return otherwise
    throw error
  }
}

function open(name: string, lost: () => void): Promise<IDBPDatabase<Schema>> {
  const opening = openDB<Schema>(name, 1, {
    upgrade(database) {
      for (const store of ['changes', 'drafts'] as const) {
        const made: { createIndex(index: 'assistant', path: string): unknown } = database.createObjectStore(store, { keyPath: 'id' })
        made.createIndex('assistant', 'assistant')
      }
    },
    blocking(_now, _wanted, event) {
      lost()
      ;(event.target as IDBDatabase).close()
    },
    terminated: lost,
  })
  opening.catch(lost)
  return opening
}
