/** Which entries of a list are which in its next version. Pure. */
import { equal, type Json } from './json'

type List = readonly Json[]
type Pair = readonly [before: number, after: number]

/**
 * For each place of `after` the place that its entry had in `before`; null for a new one. Entries go by their values, in
 * their order; between entries that stay, as many as there were are the same ones with other values.
 */
export function aligned(before: List, after: List): readonly (number | null)[] {
  const found = after.map((): number | null => null)
  pair({ before, after, found }, [0, 0], [before.length, after.length])
  return found
}

interface Lists {
  before: List
  after: List
  found: (number | null)[]
}

/** Pairs the entries from one pair of places to another one. */
function pair(lists: Lists, from: Pair, to: Pair): void {
  const { before, after, found } = lists
  let [i, j] = from
  let [iEnd, jEnd] = to
  while (i < iEnd && j < jEnd && equal(before[i], after[j])) found[j++] = i++
  while (i < iEnd && j < jEnd && equal(before[iEnd - 1], after[jEnd - 1])) found[--jEnd] = --iEnd
  if (i === iEnd || j === jEnd) return
  const kept = rising(unique(lists, [i, j], [iEnd, jEnd]))
  if (kept.length === 0) {
    if (iEnd - i === jEnd - j) while (j < jEnd) found[j++] = i++
    return
  }
  for (const [a, b] of kept) {
    pair(lists, [i, j], [a, b])
    found[b] = a
    ;[i, j] = [a + 1, b + 1]
  }
  pair(lists, [i, j], [iEnd, jEnd])
}

/** Values that stand once in both stretches, in the order of `after`. */
function unique({ before, after }: Lists, from: Pair, to: Pair): Pair[] {
  const earlier = single(before, from[0], to[0])
  return [...single(after, from[1], to[1])].flatMap(([value, b]): Pair[] => {
    const a = earlier.get(value) ?? null
    return a === null || b === null ? [] : [[a, b]]
  })
}

/** By value the place where it stands, or null where it stands several times. */
function single(list: List, from: number, to: number): ReadonlyMap<string, number | null> {
  const places = new Map<string, number | null>()
  for (let at = from; at < to; at++) {
    const value = JSON.stringify(list[at])
    places.set(value, places.has(value) ? null : at)
  }
  return places
}

/** The most pairs whose earlier places rise as well: patience sorting. */
function rising(pairs: readonly Pair[]): readonly Pair[] {
  interface Card {
    pair: Pair
    under: Card | undefined
  }
  const piles: Card[] = []
  for (const each of pairs) {
    let low = 0
    let high = piles.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((piles[middle]?.pair[0] ?? 0) < each[0]) low = middle + 1
      else high = middle
    }
    piles[low] = { pair: each, under: piles[low - 1] }
  }
  const kept: Pair[] = []
  for (let card = piles.at(-1); card !== undefined; card = card.under) kept.unshift(card.pair)
  return kept
}
