/** Where the slots stand in a text, as it is written. */
const SLOTS = /\{\{?\s*(?:slots\.)?([A-Za-z_][\w.]*)\s*\}?\}/g

export interface Range {
  /** As written, with its braces. */
  text: string
  /** The slot's name; null for words. */
  slot: string | null
}

export function slotRanges(text: string): Range[] {
  const ranges: Range[] = []
  let end = 0
  for (const match of text.matchAll(SLOTS)) {
    if (match.index > end) ranges.push({ text: text.slice(end, match.index), slot: null })
    ranges.push({ text: match[0], slot: match[1] ?? '' })
    end = match.index + match[0].length
  }
  if (end < text.length) ranges.push({ text: text.slice(end), slot: null })
  return ranges
}
