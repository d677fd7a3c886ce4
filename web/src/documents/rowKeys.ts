/** Keys for the rows of a list that anybody may insert into and remove from: a row goes on with its entry, field, cursor and all. */
import { useState } from 'react'
import { aligned } from './aligned'
import { equal, type Json } from './json'

export interface Keyed {
  values: readonly Json[]
  keys: readonly number[]
  /** The key of the next new entry. */
  next: number
}

/** The next version of a list with the keys of the entries that are in it still. Pure. */
export function keyedOn({ values: before, keys, next }: Keyed, values: readonly Json[]): Keyed {
  let fresh = next
  const found = aligned(before, values).map((place) => (place === null ? undefined : keys[place]) ?? fresh++)
  return { values, keys: found, next: fresh }
}

const NONE: Keyed = { values: [], keys: [], next: 0 }

/** A key for each entry, which it keeps when others come and go around it, and when its own value changes. */
export function useRowKeys(values: readonly Json[]): readonly number[] {
  const [held, hold] = useState(() => keyedOn(NONE, values))
  if (equal([...held.values], [...values])) return held.keys
  const next = keyedOn(held, values)
  hold(next)
  return next.keys
}
