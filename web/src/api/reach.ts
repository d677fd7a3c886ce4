/** Whether the server answers: every request tells, and as long as none gets through it is asked again by itself. */
import { create } from 'zustand'

const PAUSES = [1000, 2000, 3000, 5000]
/** After so long without a doubt the pauses begin anew. */
const CALM = 30_000
/** What a gateway says in place of a studio that is away. */
export const AWAY: ReadonlySet<number> = new Set([502, 503, 504])

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
/** Something got no answer since the server was last asked. */
let missed = false
let pauses = 0
let calmSince = 0

/** Something got no answer: where the server gives none either, it is away until it does. Whoever waits is called back in any case. */
export function doubt(): void {
  missed = true
  if (!doubting) void untilBack()
}

async function untilBack(): Promise<void> {
  doubting = true
  if (Date.now() - calmSince > CALM) pauses = 0
  while (missed || !useReach.getState().reached) {
    missed = false
    const { reached } = useReach.getState()
    if (!(await askNow())) useReach.setState({ reached: false })
    else if (reached) callBack()
    // Also where the server does answer: what fails all the same must not be tried without end in no time.
    await pause(PAUSES[Math.min(pauses++, PAUSES.length - 1)] ?? 0)
  }
  doubting = false
  calmSince = Date.now()
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

const waiting = new Set<() => void>()

function callBack(): void {
  for (const back of waiting) back()
}

useReach.subscribe(({ reached }, before) => {
  if (reached && !before.reached) callBack()
})

/** Calls back each time the server answers after something got no answer, also where it was never away for long enough to be missed. */
export function onBack(back: () => void): () => void {
  waiting.add(back)
  return () => void waiting.delete(back)
}

/** Asks as the browser's network goes. */
export function watchNetwork(): void {
  // A machine without a network may well reach a studio that runs on it: only the server's silence counts.
  // Asked more than once, because a request that was under way as the network went may have got through.
  window.addEventListener('offline', () => {
    for (const after of [0, ...PAUSES]) setTimeout(doubt, after)
  })
}
