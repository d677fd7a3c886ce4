/** Asks again for what a server that goes leaves without an answer: for requests that do their work once, however often they come. */
import { ApiError } from './http'
import { AWAY, onBack } from './reach'

/** So many milliseconds the studio may be away before the person is told. */
const PATIENCE = 60_000

/** The answer, of whichever try gets one. Throws ApiError for a refusal, and where there is none for a minute. */
export async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const left = end - Date.now()
      const isAway = error instanceof ApiError && (error.status === 0 || AWAY.has(error.status))
      if (!isAway || left <= 0) throw error
      await back(left)
    }
  }
}

/** Waits until the studio answers again, at most so long. */
function back(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      stop()
      resolve()
    }
    const timer = setTimeout(end, milliseconds)
    const stop = onBack(end)
  })
}
