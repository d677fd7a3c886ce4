/** What people read of changes that wait in the browser while nobody can be signed in. */
import { plural } from '../ui/time'

export const waiting = {
  here: (count: number) => `${plural(count, 'change')} kept in this browser: sent once the studio answers and whoever made ${count === 1 ? 'it' : 'them'} is signed in.`,
}
