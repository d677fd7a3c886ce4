/** Asks again for what a server that goes leaves without an answer: for requests that do their work once, however often they come. */
import { ApiError } from './http'
import { AWAY, onBack } from './reach'

/** So many milliseconds the studio may be away before the person is told. */
const PATIENCE = 60_000
/** The assistant has had the message: what it does at it again, its actions too, only a person asks for. */
const LEFT_TO_PEOPLE: ReadonlySet<string> = new Set(['engine-failed', 'engine-slow'])

/** The answer, of whichever try gets one. Throws ApiError for a refusal, and where there is none for a minute. */
export async function untilAnswered<T>(ask: () => Promise<T>): Promise<T> {
  const end = Date.now() + PATIENCE
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const left = end - Date.now()
      if (!isAway(error) || left <= 0) throw error
      await back(left)
    }
  }
}

function isAway(error: unknown): boolean {
  if (!(error instanceof ApiError) || LEFT_TO_PEOPLE.has(error.code)) return false
  return error.status === 0 || AWAY.has(error.status)
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
