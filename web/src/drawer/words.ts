/** The words of the drawer. */
import { plural } from '../ui/time'

export const words = {
  history: {
    unreadable: 'The history can’t be read',
    none: 'No changes yet',
    older: 'Older changes',
    more: (count: number) => `and ${count.toLocaleString('en')} more`,
    revert: 'Revert',
    undo: 'Undo',
    reverted: (what: string) => `Taken back: ${what}`,
    revertedBack: (what: string) => `Made again: ${what}`,
  },
  reverting: {
    title: (number: number) => `Revert change ${number}?`,
    what: (words: string, count: number) => `“${words}” touched ${plural(count, 'item')}. Taking it back:`,
    did: {
      made: (count: number) => `deletes ${plural(count, 'item')}`,
      changed: (count: number) => `gives ${plural(count, 'item')} the text from before`,
      deleted: (count: number) => `brings ${plural(count, 'item')} back`,
    },
    after: 'Nothing is lost for good: reverting is a change of its own and can be taken back as well.',
    cancel: 'Cancel',
    go: 'Revert the change',
  },
} as const
