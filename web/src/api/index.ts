/** The server, as the rest of the client sees it. */
export type * from './types'
export * as api from './calls'
export { ApiError, sentence, setCsrf, unreachable } from './http'
export { askNow, doubt, onBack, useReach, watchNetwork } from './reach'
