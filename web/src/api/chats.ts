/** Chats with a deployment of an assistant: calls and what they answer. */
import * as sdk from './generated'
import './http'
import type { Person } from './types'

export interface Chat {
  id: string
  /** Empty until the person has said something. */
  title: string
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
  /** What a search found for a bot's answer. */
  search?: Search | null
}

export interface Search {
  /** Taken from a passage as it stands, or worded by a language model. */
  mode?: 'extractive' | 'generative'
  model?: string
  results?: { source: string; heading?: string | null; score: number }[]
}

export type Command = Record<string, unknown>

/** How a message was understood, by the local model or by a language model. What a bot doesn't tell is missing. */
export interface Understood {
  source?: string | null
  language?: string | null
  commands?: Command[]
  candidates?: { flow: string; score: number }[]
  /** The local model's decision in words, and whether it needed no second opinion. */
  decision?: string
  sure?: boolean
  words?: string[]
  thresholds?: { start?: number }
  values?: { slot: string; value: unknown; why: string }[]
  /** What a language model was asked about, and its answer. */
  model?: string
  flows?: number
  answer?: string
  read?: Command[]
  prompt_tokens?: number
  completion_tokens?: number
  ms?: number
  /** Tries that brought no answer before one did. */
  faults?: string[]
  /** Why no answer came at all. */
  failed?: string
  /** What was understood and not done. */
  dropped?: { command: Command; why: string }[]
  too_long?: boolean
  /** What the local model had found before a language model decided; what a language model failed at. */
  local?: Understood
  llm?: Understood
}

export interface Trace {
  understanding?: Understood | null
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

/** Turns of a chat in their order, and where it stands after its last one; `next` is what to read on after. */
export interface TurnPage {
  turns: Turn[]
  state: ChatState
  next: number | null
}

const STRICT = { throwOnError: true } as const

/** The person's own latest chats. */
export const myChats = (aid: string, limit: number, cursor?: string) => sdk.listChats({ ...STRICT, path: { aid }, query: { mine: true, limit, ...(cursor ? { cursor } : {}) } })
export const createChat = (aid: string, body: { id: string; language: string }) => sdk.beginChat({ ...STRICT, path: { aid }, body })
export const sendMessage = (aid: string, chat: string, body: { id: string; text: string; title?: string }) =>
  sdk.say({ ...STRICT, path: { aid, chat }, body }) as Promise<unknown> as Promise<Answer>
export const chatTimeline = (aid: string, chat: string, after: number) =>
  sdk.readTimeline({ ...STRICT, path: { aid, chat }, query: { after } }) as Promise<unknown> as Promise<TurnPage>
/** What language models were asked about a message; long, and read only where somebody looks. */
export const messagePrompts = async (aid: string, chat: string, message: string): Promise<sdk.Prompt[]> => (await sdk.readPrompts({ ...STRICT, path: { aid, chat, message } })).prompts
export const restartChat = (aid: string, chat: string, id: string) => sdk.restart({ ...STRICT, path: { aid, chat }, body: { id } }) as Promise<unknown> as Promise<Answer>
export const chatSuggestions = (aid: string, language: string) => sdk.readSuggestions({ ...STRICT, path: { aid }, query: { language } })
