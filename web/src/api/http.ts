/** The generated client's way to the server: the sign-in's token on unsafe requests, and refusals as errors. */
import { client } from './generated/client.gen'
import { answered, doubt } from './reach'
import type { Problem, StaleItem } from './types'
import { words } from './words'

/** A refusal of the server, or (status 0) no answer at all. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly problems: readonly Problem[] = [],
    readonly items: readonly StaleItem[] = [],
    /** The line of a text that can't be read, counted from 1. */
    readonly line: number | null = null,
    /** How the server's log calls the request. */
    readonly request: string | null = null,
  ) {
    super(title)
  }

  /** What happened and what to do, as people read it. */
  get sentence(): string {
    return sentence(this.title, this.detail)
  }

  /** Whether waiting helps: no network, a server that restarts, or a sign-in that ended. */
  get temporary(): boolean {
    return this.status === 0 || this.status === 401 || this.status === 429 || this.status >= 500
  }
}

/** A title and what it means, with a stop between them only where there is none yet. */
export function sentence(title: string, detail: string): string {
  return [/[.?!…]$/.test(title) || detail === '' ? title : `${title}.`, detail].filter(Boolean).join(' ')
}

let csrf = ''

/** The token of this sign-in that every unsafe request carries. */
export function setCsrf(token: string | null): void {
  csrf = token ?? ''
}

export function unreachable(): ApiError {
  return new ApiError(0, 'offline', words.unreachable, words.unreachableWhat)
}

/** Sends a request of the generated client; throws ApiError for whatever isn't the answer asked for. */
async function send(request: Request): Promise<Response> {
  if (request.method !== 'GET') request.headers.set('X-CSRF-Token', csrf)
  let response: Response
  try {
    response = await fetch(request)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error
    doubt()
    throw unreachable()
  }
  answered(response.status)
  if (!response.ok) throw await refusal(response)
  return response
}

interface ProblemDocument {
  code?: string
  title?: string
  detail?: string
  problems?: Problem[]
  items?: StaleItem[]
  line?: number | null
}

/** The problem document of a refusal; a bare status where a proxy answered instead of the studio. */
async function refusal(response: Response): Promise<ApiError> {
  const request = response.headers.get('X-Request-Id')
  try {
    const body = (await response.json()) as ProblemDocument
    const title = body.title ?? words.refused
    return new ApiError(response.status, body.code ?? 'refused', title, body.detail ?? '', body.problems ?? [], body.items ?? [], body.line ?? null, request)
  } catch {
    return new ApiError(response.status, 'refused', words.answered(response.status), words.tryAgain, [], [], null, request)
  }
}

client.setConfig({ fetch: send as typeof fetch, throwOnError: true, credentials: 'same-origin' })

/** An address with its query, for links and streams; empty values are left out. */
export function address(path: string, query: Record<string, string | readonly string[]>): string {
  const search = new URLSearchParams(Object.entries(query).flatMap(([key, values]) => [values].flat().filter(Boolean).map((value) => [key, value])))
  const text = search.toString()
  return text === '' ? path : `${path}?${text}`
}
