/** All that people read about texts of items, and about two versions of one. */
import { lookOf } from '../ui/kinds'

export const words = {
  bothChanged: (who: string | undefined, kind: string) => `You and ${who ?? 'somebody else'} changed this ${lookOf(kind).one.toLowerCase()} at the same time.`,
  changedInTabs: (kind: string) => `You changed this ${lookOf(kind).one.toLowerCase()} here and in another tab at the same time.`,
  inAnotherTab: 'In another tab',
  bothKept: 'Both are kept until you choose; the history has the other one.',
  before: 'Before:',
  yours: 'Your version',
  mine: 'Mine',
  keepMine: 'Keep mine',
  onServer: 'Version on the server',
  theirs: 'Theirs',
  takeTheirs: 'Take theirs',
  deleted: 'Deleted',
  gone: 'Not there any more',
  itsText: 'its text',
  part: 'Part of the item',
  notSaved: 'Not saved, kept here.',
  atLine: (line: number, detail: string) => `Line ${line}: ${detail}`,
  backToSaved: 'Back to the saved text',
  textOf: (name: string) => `Text of ${name}`,
}
