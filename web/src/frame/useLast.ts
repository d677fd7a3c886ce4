/** What a dialog is about, also while it fades: the last value that was one. */
import { useState } from 'react'

export function useLast<T>(value: T | null): T | null {
  const [last, setLast] = useState(value)
  if (value !== null && value !== last) setLast(value)
  return last
}
