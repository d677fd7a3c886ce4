/** Chats with a deployment of an assistant: calls and what they answer. */
import * as sdk from './generated'
import './http'
import type { Person } from './types'

export interface Chat {
  id: string
  title: string | null
  created_at: string
  by: Person
  language: string
  deployment: string | null
  turns: number
}

export interface ChatButton {
  title: string
  payload?: string | null
  type?: string | null
  url?: string | null
}

export interface Entry {
  kind: string
  at?: string | null
  ms?: number | null
  flow?: string | null
  step?: string | null
  branch?: string | number | null
  name?: string | null
  slot?: string | null
  old?: unknown
  new?: unknown
  text?: string | null
  buttons?: ChatButton[] | null
  data?: Record<string, unknown> | null
  command?: Record<string, unknown> | null
  error?: string | null
  address?: string | null
}

export interface Trace {
  understanding?: {
    commands?: Record<string, unknown>[]
    candidates?: { flow: string; score: number }[]
    source?: string
    language?: string
  } | null
  times?: Record<string, number> | null
}

export interface Turn {
  number: number
  session: number | string | null
  at: string
  duration_ms: number | null
  user: { text: string | null; title?: string | null; message_id?: string | null } | null
  model: { id: string; version: string | null } | null
  notice: string | null
  entries: Entry[]
  trace: Trace | null
}

export interface ChatState {
  stack: Record<string, unknown>[]
  flow: string | null
  step: string | null
  slots: Record<string, { value: unknown; changed_in_turn: number | null }>
  terminated: boolean
}

export interface Answer {
  turn: Turn
  state: ChatState
}

const STRICT = { throwOnError: true } as const

/** The person's own latest chats. */
export const myChats = (aid: string, limit: number, cursor?: string) => sdk.listChats({ ...STRICT, path: { aid }, query: { mine: true, limit, ...(cursor ? { cursor } : {}) } })
export const createChat = (aid: string, body: { id: string; language: string }) => sdk.beginChat({ ...STRICT, path: { aid }, body })
export const sendMessage = (aid: string, chat: string, body: { id: string; text: string; title?: string }) =>
  sdk.say({ ...STRICT, path: { aid, chat }, body }) as Promise<unknown> as Promise<Answer>
export const chatTimeline = (aid: string, chat: string, after: number) =>
  sdk.readTimeline({ ...STRICT, path: { aid, chat }, query: { after } }) as Promise<unknown> as Promise<{ turns: Turn[]; state: ChatState; next: number | null }>
export const restartChat = (aid: string, chat: string, id: string) => sdk.restart({ ...STRICT, path: { aid, chat }, body: { id } }) as Promise<unknown> as Promise<Answer>
export const chatSuggestions = (aid: string, language: string) => sdk.readSuggestions({ ...STRICT, path: { aid }, query: { language } })
