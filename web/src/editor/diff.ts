/** The difference of two texts, word by word, by their longest common subsequence. Pure. */
import { slotRanges } from '../ui/slotRanges'

export interface Piece {
  kind: 'same' | 'mine' | 'theirs'
  text: string
}

const LONGEST = 2000

/** A word with what joins it inside, a run of other signs, or space. */
const TOKENS = /[\p{L}\p{M}\p{N}_]+(?:[.'’-][\p{L}\p{M}\p{N}_]+)*|[^\s\p{L}\p{M}\p{N}_]+|\s+/gu

export function wordDiff(mine: string, theirs: string): Piece[] {
  const [a, b] = [tokensOf(mine), tokensOf(theirs)]
  const shorter = Math.min(a.length, b.length)
  let start = 0
  while (start < shorter && a[start] === b[start]) start++
  let end = 0
  while (end < shorter - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const middle = between(a.slice(start, a.length - end), b.slice(start, b.length - end))
  return inRuns([...same(a.slice(0, start)), ...middle, ...same(a.slice(a.length - end))])
}

/** A slot is one word, whatever stands beside it: a comma more doesn't make it another one. */
function tokensOf(text: string): string[] {
  return slotRanges(text).flatMap((range) => (range.slot === null ? (range.text.match(TOKENS) ?? []) : [range.text]))
}

const same = (tokens: readonly string[]): Piece[] => tokens.map((text) => ({ kind: 'same', text }))

function between(a: readonly string[], b: readonly string[]): Piece[] {
  const pieces: Piece[] = []
  const push = (kind: Piece['kind'], text: string | undefined) => void pieces.push({ kind, text: text ?? '' })
  if (a.length * b.length > LONGEST * LONGEST) {
    push('mine', a.join(''))
    push('theirs', b.join(''))
    return pieces
  }
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i]
    for (let j = b.length - 1; j >= 0; j--) if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push('same', a[i++])
      j++
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) push('mine', a[i++])
    else push('theirs', b[j++])
  }
  return pieces
}

/** Whole runs of words: a space that both have between changed words changes with them. */
function inRuns(pieces: readonly Piece[]): Piece[] {
  const runs: Piece[] = []
  const open = { mine: '', theirs: '' }
  const close = () => {
    for (const kind of ['mine', 'theirs'] as const) if (open[kind] !== '') runs.push({ kind, text: open[kind] })
    open.mine = open.theirs = ''
  }
  pieces.forEach(({ kind, text }, i) => {
    const changing = open.mine !== '' || open.theirs !== ''
    if (kind !== 'same') open[kind] += text
    else if (changing && text.trim() === '' && (pieces[i + 1]?.kind ?? 'same') !== 'same') {
      open.mine += text
      open.theirs += text
    } else {
      close()
      const last = runs.at(-1)
      if (last?.kind === 'same') last.text += text
      else runs.push({ kind, text })
    }
  })
  close()
  return runs
}
