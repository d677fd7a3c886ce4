/** What the tests of the dock share. */

/** A promise that a test keeps when it likes. */
export function later(): { promise: Promise<unknown>; resolve: (value: unknown) => void } {
  const made: { resolve?: (value: unknown) => void } = {}
  const promise = new Promise((resolve) => (made.resolve = resolve))
  return { promise, resolve: (value) => made.resolve?.(value) }
}
