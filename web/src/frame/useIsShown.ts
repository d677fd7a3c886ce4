/** Whether what asks is still on the page, for what ends after it. */
import { useCallback, useEffect, useRef } from 'react'

export function useIsShown(): () => boolean {
  const shown = useRef(false)
  useEffect(() => {
    shown.current = true
    return () => void (shown.current = false)
  }, [])
  return useCallback(() => shown.current, [])
}
