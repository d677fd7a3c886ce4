/** Chats with a deployment of an assistant: calls and what they answer. */
import { request } from './http'
import type { Deployment, Page, Person } from './types'

export interface Chat {
  id: string
  title: string | null
  created_at: string
  by: Person
  language: string
  deployment: Deployment | null
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

const base = (assistant: string) => `/api/assistants/${encodeURIComponent(assistant)}/chats`

export const listChats = (assistant: string) => request<Page<Chat>>('GET', base(assistant), { query: { limit: 20 } })
export const createChat = (assistant: string, json: { id: string; language: string }) => request<Chat>('POST', base(assistant), { json })
export const sendMessage = (assistant: string, chat: string, json: { id: string; text: string; title?: string }) =>
  request<Answer>('POST', `${base(assistant)}/${chat}/messages`, { json })
export const chatTimeline = (assistant: string, chat: string, after: number) =>
  request<{ turns: Turn[]; state: ChatState; next: number | null }>('GET', `${base(assistant)}/${chat}/timeline`, { query: { after } })
export const restartChat = (assistant: string, chat: string) => request<Answer>('POST', `${base(assistant)}/${chat}/restart`)
export const chatSuggestions = (assistant: string) => request<{ texts: string[] }>('GET', `${base(assistant)}/suggestions`)
