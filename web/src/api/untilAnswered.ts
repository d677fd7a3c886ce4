/** Asks again for what a server that goes leaves without an answer: for requests that do their work once, however often they come. */
import { ApiError } from './http'
import { onBack } from './reach'

/** So many milliseconds the studio may be away before the person is told. */
const PATIENCE = 60_000
/** No answer, and what stands in its place while a server comes or goes. */
const AWAY = new Set([0, 502, 503, 504])

/** The answer, of whichever try gets one. Throws ApiError for a refusal, and where there is none for a minute. */
export async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const left = end - Date.now()
      if (!(error instanceof ApiError && AWAY.has(error.status)) || left <= 0) throw error
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
