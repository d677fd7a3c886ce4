/** JSON values, JSON pointers (RFC 6901) and changes of a value that leave the old one as it was. */

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json }
export type JsonObject = { [key: string]: Json }

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function tokens(path: string): string[] {
  if (path === '') return []
  return path
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function pointer(parts: readonly (string | number)[]): string {
  return parts.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** The parent's pointer and the last token. The root has no parent. */
export function split(path: string): { parent: string; last: string } {
  const cut = path.lastIndexOf('/')
  return { parent: path.slice(0, cut), last: tokens(path.slice(cut))[0] ?? '' }
}

/** The value at a pointer, or undefined where there is none. */
export function get(value: Json, path: string): Json | undefined {
  let here: Json | undefined = value
  for (const token of tokens(path)) {
    if (Array.isArray(here)) here = here[Number(token)]
    else if (isObject(here)) here = Object.hasOwn(here, token) ? here[token] : undefined
    else return undefined
  }
  return here
}

export function equal(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equal(item, b[i]))
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && equal(a[key], b[key]))
}

/** The key that follows `key` in the object, undefined for the last one. */
export function keyAfter(object: JsonObject, key: string): string | undefined {
  const keys = Object.keys(object)
  const place = keys.indexOf(key)
  return place < 0 ? undefined : keys[place + 1]
}

function withMember(object: JsonObject, key: string, value: Json, before?: string): JsonObject {
  if (Object.hasOwn(object, key) || before === undefined || !Object.hasOwn(object, before)) {
    return { ...object, [key]: value }
  }
  const result: JsonObject = {}
  for (const [name, member] of Object.entries(object)) {
    if (name === before) result[key] = value
    result[name] = member
  }
  return result
}

/** Rebuilds the containers along `path`; `change` gets the innermost container and the last token. */
function along(value: Json, path: string, change: (container: Json, last: string) => Json): Json {
  const [first, ...rest] = tokens(path)
  if (first === undefined) throw new RangeError('The root has no container')
  if (rest.length === 0) return change(value, first)
  const inner = get(value, pointer([first]))
  if (inner === undefined) throw new RangeError(`There is nothing at ${path}`)
  const changed = along(inner, pointer(rest), change)
  if (Array.isArray(value)) return value.map((item, i) => (i === Number(first) ? changed : item))
  return { ...(value as JsonObject), [first]: changed }
}

/** Sets an object's member (new ones before the key `before`) or replaces an array's element. The path '' replaces all. */
export function withValue(value: Json, path: string, next: Json, before?: string): Json {
  if (path === '') return next
  return along(value, path, (container, last) => {
    if (Array.isArray(container)) return container.map((item, i) => (i === Number(last) ? next : item))
    if (!isObject(container)) throw new RangeError(`There is no container at ${path}`)
    return withMember(container, last, next, before)
  })
}

export function withInserted(value: Json, path: string, next: Json): Json {
  return along(value, path, (container, last) => {
    if (!Array.isArray(container)) throw new RangeError(`There is no list at ${path}`)
    return container.toSpliced(Number(last), 0, next)
  })
}

export function without(value: Json, path: string): Json {
  return along(value, path, (container, last) => {
    if (Array.isArray(container)) return container.toSpliced(Number(last), 1)
    if (!isObject(container)) throw new RangeError(`There is no container at ${path}`)
    return Object.fromEntries(Object.entries(container).filter(([key]) => key !== last))
  })
}
