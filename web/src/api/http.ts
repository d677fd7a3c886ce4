/** One way to the server: JSON in, JSON or an ApiError out. */
import type { Problem, StaleItem } from './types'

/** A refusal of the server, or (status 0) no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly problems: readonly Problem[] = [],
    readonly items: readonly StaleItem[] = [],
  ) {
    super(title)
  }

  /** Whether waiting helps: no network, a server that restarts, or a sign-in that ended. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500
  }
}

let csrf = ''

/** The token of this sign-in that every unsafe request carries. */
export function setCsrf(token: string): void {
  csrf = token
}

export function csrfToken(): string {
  return csrf
}

type Query = Record<string, string | number | boolean | undefined | null>

export interface RequestOptions {
  query?: Query
  json?: unknown
  body?: Blob
  signal?: AbortSignal | undefined
}

export function address(path: string, query: Query = {}): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') search.set(name, String(value))
  }
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}

export async function request<T>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json' }
  if (method !== 'GET') headers['X-CSRF-Token'] = csrf
  if (options.json !== undefined) headers['Content-Type'] = 'application/json'
  if (options.body !== undefined) headers['Content-Type'] = options.body.type
  let response: Response
  try {
    response = await fetch(address(path, options.query), {
      method,
      headers,
      body: options.json === undefined ? (options.body ?? null) : JSON.stringify(options.json),
      signal: options.signal ?? null,
      credentials: 'same-origin',
    })
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    throw new ApiError(0, 'offline', 'The server can’t be reached', 'Check the connection; what you typed is kept.')
  }
  if (!response.ok) throw await refusal(response)
  return (response.status === 204 ? undefined : await response.json()) as T
}

/** The problem document of a refusal; a bare status where a proxy answered instead of the studio. */
export async function refusal(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { code?: string; title?: string; detail?: string; problems?: Problem[]; items?: StaleItem[] }
    const title = body.title ?? 'The request was refused'
    return new ApiError(response.status, body.code ?? 'refused', title, body.detail ?? '', body.problems ?? [], body.items ?? [])
  } catch {
    return new ApiError(response.status, 'refused', `The server answered ${response.status}`, 'Try again in a moment.')
  }
}
