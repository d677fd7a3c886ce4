/** The difference of two texts, word by word, by their longest common subsequence. Pure. */
export interface Piece {
  kind: 'same' | 'mine' | 'theirs'
  text: string
}

const LONGEST = 2000

export function wordDiff(mine: string, theirs: string): Piece[] {
  // Words with the space behind them, so that whole runs of words stand together.
  const a = mine.match(/\S+\s*|\s+/g) ?? []
  const b = theirs.match(/\S+\s*|\s+/g) ?? []
  if (a.length * b.length > LONGEST * LONGEST) return [{ kind: 'mine', text: mine }, { kind: 'theirs', text: theirs }]
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint32Array(b.length + 1))
  const at = (i: number, j: number) => lengths[i]?.[j] ?? 0
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i]
    for (let j = b.length - 1; j >= 0; j--) if (row) row[j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1))
  }
  const pieces: Piece[] = []
  const push = (kind: Piece['kind'], text: string) => {
    const last = pieces.at(-1)
    if (last?.kind === kind) last.text += text
    else pieces.push({ kind, text })
  }
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      push('same', a[i] ?? '')
      i++
      j++
    } else if (j >= b.length || (i < a.length && at(i + 1, j) >= at(i, j + 1))) {
      push('mine', a[i] ?? '')
      i++
    } else {
      push('theirs', b[j] ?? '')
      j++
    }
  }
  return pieces
}
