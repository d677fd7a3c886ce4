/** What a store of documents is given; all of it has a default that needs no browser. */
import type { Change } from './changes'
import type { ChangeQueue } from './queue'
import type { ContentServer } from './server'
import type { Join } from './tabs'

export interface StoreOptions {
  server?: ContentServer
  queue?: ChangeQueue
  /** How this tab knows of the others. */
  join?: Join
  now?: () => number
  /** Whether the person whose changes these are is signed in still, or again. */
  signedIn?: () => Promise<boolean>
  /** Told after each change that the server took, with its id. */
  onSaved?: (change: Change) => void
  /** Told when the server refused a change for good. */
  onRefused?: (change: Change, title: string, detail: string) => void
}
