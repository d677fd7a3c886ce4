/** The server, as the rest of the client sees it. */
export * from './types'
export * as api from './calls'
export { ApiError, request, setCsrf } from './http'
