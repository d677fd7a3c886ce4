/** Names as a part of an address. Pure. */

/** What would vanish from an address, which leads to the folder then: nothing, `.` and `..`, also behind the mark. */
const VANISHING = /^~*\.{0,2}$/

/** The part of the address: a name that would vanish there gets a mark before it. */
export function segmentOf(name: string): string {
  return VANISHING.test(name) ? `~${name}` : name
}

export function nameIn(segment: string): string {
  return VANISHING.test(segment) && segment.startsWith('~') ? segment.slice(1) : segment
}
