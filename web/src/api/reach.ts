/** Whether the server answers: every request tells, and as long as none gets through it is asked again by itself. */
import { create } from 'zustand'

const PAUSES = [1000, 2000, 3000, 5000]
/** What a gateway says in place of a studio that is away. */
const AWAY = new Set([502, 503, 504])

export const useReach = create<{ reached: boolean }>(() => ({ reached: true }))

/** Takes note of an answer's status. */
export function answered(status: number): void {
  if (AWAY.has(status)) doubt()
  else if (!useReach.getState().reached) useReach.setState({ reached: true })
}

let asking: Promise<boolean> | undefined

/** Asks the server now whether it is there. */
export function askNow(): Promise<boolean> {
  asking ??= ask().finally(() => (asking = undefined))
  return asking
}

async function ask(): Promise<boolean> {
  try {
    const { status } = await fetch('/api/instance', { cache: 'no-store' })
    if (AWAY.has(status)) return false
    answered(status)
    return true
  } catch {
    return false
  }
}

let doubting = false

/** Something got no answer: where the server gives none either, it is away until it does. */
export function doubt(): void {
  if (!doubting) void untilBack()
}

async function untilBack(): Promise<void> {
  doubting = true
  for (let attempt = 0; !(await askNow()); attempt++) {
    useReach.setState({ reached: false })
    await pause(PAUSES[Math.min(attempt, PAUSES.length - 1)] ?? 0)
    if (useReach.getState().reached) break
  }
  doubting = false
}

/** Ends early when the browser has a network again or somebody looks at the page. */
function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      window.removeEventListener('online', end)
      document.removeEventListener('visibilitychange', end)
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    window.addEventListener('online', end)
    document.addEventListener('visibilitychange', end)
  })
}

/** Calls back each time the server is there again. */
export function onBack(back: () => void): () => void {
  return useReach.subscribe(({ reached }, before) => {
    if (reached && !before.reached) back()
  })
}

// A machine without a network may well reach a studio that runs on it: only the server's silence counts.
// Asked more than once, because a request that was under way as the network went may have got through.
window.addEventListener('offline', () => {
  for (const after of [0, ...PAUSES]) setTimeout(doubt, after)
})
