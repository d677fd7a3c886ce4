/** Marks of direction in texts of others (Unicode UAX #9): each that opens is closed, each that closes is opened. */

const OPENS_EMBEDDING = /[\u202A\u202B\u202D\u202E]/u
const ENDS_EMBEDDING = '\u202C'
const OPENS_ISOLATE = /[\u2066-\u2068]/u
const ENDS_ISOLATE = '\u2069'
const MARKS = /[\u202A-\u202E\u2066-\u2069]/gu

/** The text with all its own marks, and with those added that it lacks: nothing it opens stays open after it. A mark reaches to the end of its line. */
export function balanced(text: string): string {
  return text.split('\n').map(balancedLine).join('\n')
}

function balancedLine(text: string): string {
  const open: string[] = []
  let before = ''
  for (const [mark] of text.matchAll(MARKS)) {
    if (OPENS_EMBEDDING.test(mark)) open.push(ENDS_EMBEDDING)
    else if (OPENS_ISOLATE.test(mark)) open.push(ENDS_ISOLATE)
    else if (mark === ENDS_EMBEDDING) {
      // One without an opening, or one that an isolate keeps from it, does nothing.
      if (open.at(-1) === ENDS_EMBEDDING) open.pop()
    } else {
      const opening = open.lastIndexOf(ENDS_ISOLATE)
      // It would end the isolation around the text.
      if (opening === -1) before += '\u2068'
      // What was opened inside of an isolate ends with it; without one, it stays open until the text ends.
      else open.length = opening
    }
  }
  return before + text + open.toReversed().join('')
}

export function hasMarks(text: string): boolean {
  return text.search(MARKS) !== -1
}

/** The balanced text with each of the values isolated wherever it stands in it. */
export function withApart(text: string, values: readonly string[]): string {
  const longestFirst = values.toSorted((a, b) => b.length - a.length)
  return balanced(longestFirst.reduce((whole, value) => whole.replaceAll(value, () => `\u2068${balanced(value)}${ENDS_ISOLATE}`), text))
}
