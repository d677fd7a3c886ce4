/** A seeded source of chance, so that a failing run can be played again. */
export interface Chance {
  int(below: number): number
  pick<T>(from: readonly T[]): T
}

export function chance(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const int = (below: number) => Math.floor(next() * below)
  return {
    int,
    pick<T>(from: readonly T[]): T {
      const found = from[int(from.length)]
      if (found === undefined) throw new RangeError('Nothing to pick from')
      return found
    },
  }
}
