/** Addresses that last: a step is named by its key, the rest of the way is a pointer inside the step. */
import { pointer, split, tokens } from './json'

/** A place in an item's body. With `step`, `path` starts at that step; without, at the body. */
export interface Address {
  step?: string
  path: string
}

/** Pointer of each step → its key, as the server gives it. */
export type Keys = Readonly<Record<string, string>>

/** The pointer that an address has in the document now; null where its step is gone. */
export function resolve(address: Address, keys: Keys): string | null {
  if (address.step === undefined) return address.path
  for (const [place, key] of Object.entries(keys)) if (key === address.step) return place + address.path
  return null
}

/** The lasting address of a pointer: from the innermost step around it. */
export function addressOf(path: string, keys: Keys): Address {
  const parts = tokens(path)
  for (let length = parts.length; length > 0; length--) {
    const place = pointer(parts.slice(0, length))
    const key = keys[place]
    if (key !== undefined) return { step: key, path: path.slice(place.length) }
  }
  return { path }
}

/** Where keys stand after elements of the list around `path` moved: `place` maps an old index to its new one, null drops it. */
export function movedKeys(keys: Keys, path: string, place: (index: number) => number | null): Keys {
  const { parent } = split(path)
  const result: Record<string, string> = {}
  for (const [where, key] of Object.entries(keys)) {
    if (!where.startsWith(`${parent}/`)) {
      result[where] = key
      continue
    }
    const [index, ...rest] = tokens(where.slice(parent.length))
    const next = place(Number(index))
    if (Number.isNaN(Number(index))) result[where] = key
    else if (next !== null) result[parent + pointer([next, ...rest])] = key
  }
  return result
}

/** The keys without those inside the value at `path`. */
export function withoutKeys(keys: Keys, path: string): Keys {
  return Object.fromEntries(Object.entries(keys).filter(([where]) => where !== path && !where.startsWith(`${path}/`)))
}
