/** Where the slots stand in a text, as it is written: `{amount}`, `{{ amount }}`, `{{ '%.2f'|format(amount) }}`. */
const SLOTS = /\{\{([^{}]*)\}\}|\{\s*(?:slots\.)?([\p{L}_][\p{L}\p{N}_.]*)\s*\}/gu
/** What a Jinja expression names besides filters and functions; quoted text is passed over. */
const NAMES = /'[^']*'|"[^"]*"|\|\s*\w+|(?:slots\.)?([\p{L}_][\p{L}\p{N}_.]*)(?!\w*\s*\()/gu
const WORDS = new Set(['if', 'else', 'and', 'or', 'not', 'in', 'is', 'true', 'false', 'none'])

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
    const slot = match[2] ?? firstName(match[1] ?? '')
    if (slot === null) continue
    if (match.index > end) ranges.push({ text: text.slice(end, match.index), slot: null })
    ranges.push({ text: match[0], slot })
    end = match.index + match[0].length
  }
  if (end < text.length) ranges.push({ text: text.slice(end), slot: null })
  return ranges
}

function firstName(expression: string): string | null {
  for (const [, name] of expression.matchAll(NAMES)) if (name !== undefined && !WORDS.has(name.toLowerCase())) return name
  return null
}
