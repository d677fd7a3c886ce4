/** The chat that is open in the dock: its turns, its state, what is on its way. One per assistant. */
import { create } from 'zustand'
import { ApiError, onBack } from '../api'
import * as chats from '../api/chats'
import type { Answer, Chat, ChatState, Turn } from '../api/chats'
import { untilAnswered } from '../api/untilAnswered'
import { uuid7 } from '../documents'
import { words } from './words'

export interface Pending {
  id: string
  text: string
  title: string | null
  failed: { title: string; detail: string } | null
}

export interface ChatSession {
  chat: Chat | null
  turns: readonly Turn[]
  state: ChatState | null
  pending: Pending | null
  /** The assistant's first words are asked for; one that failed is asked for again by its id, so that it greets once. */
  greeting: { id: string; busy: boolean } | null
  /** What is typed and not said yet. */
  draft: string
  loading: boolean
  error: ApiError | null
  /** Number of the turn that the person looks at; null follows the last one. */
  chosen: number | null
  following: boolean
}

const EMPTY: ChatSession = { chat: null, turns: [], state: null, pending: null, greeting: null, draft: '', loading: true, error: null, chosen: null, following: true }

export const useSessions = create<{ sessions: Readonly<Record<string, ChatSession>> }>(() => ({ sessions: {} }))

export function useChat(assistant: string): ChatSession {
  return useSessions((all) => all.sessions[assistant] ?? EMPTY)
}

export function update(assistant: string, change: Partial<ChatSession>): void {
  useSessions.setState(({ sessions }) => ({ sessions: { ...sessions, [assistant]: { ...EMPTY, ...sessions[assistant], ...change } } }))
}

const sessionOf = (assistant: string): ChatSession => useSessions.getState().sessions[assistant] ?? EMPTY

/** Opens the person's latest chat, where there is one. */
export async function openLatest(assistant: string): Promise<void> {
  if (sessionOf(assistant).chat !== null) return
  update(assistant, { loading: true, error: null })
  try {
    const { items } = await chats.myChats(assistant, 1)
    const chat = items[0]
    if (chat !== undefined) await openChat(assistant, chat)
    update(assistant, { loading: false })
  } catch (error) {
    fail(assistant, error)
  }
}

async function openChat(assistant: string, chat: Chat): Promise<void> {
  const turns: Turn[] = []
  let state: ChatState | null = null
  let after: number | null = 0
  while (after !== null) {
    const page: { turns: Turn[]; state: ChatState; next: number | null } = await chats.chatTimeline(assistant, chat.id, after)
    turns.push(...page.turns)
    state = page.state
    after = page.next
  }
  update(assistant, { chat, turns, state })
}

/** Sends what was typed or the button's payload; `title` is the button's. The bubble stands at once. */
export async function say(assistant: string, language: string, text: string, title: string | null = null): Promise<void> {
  const { pending, greeting } = sessionOf(assistant)
  if (pending?.failed === null || greeting?.busy) return
  await deliver(assistant, language, { id: uuid7(), text, title, failed: null })
}

/** Sends the message that failed again: the same message, so that it is never said twice. */
export async function sayAgain(assistant: string, language: string): Promise<void> {
  const { pending } = sessionOf(assistant)
  if (pending !== null) await deliver(assistant, language, { ...pending, failed: null })
}

async function deliver(assistant: string, language: string, pending: Pending): Promise<void> {
  update(assistant, { pending, chosen: null })
  // Another chat was opened meanwhile: what comes of the message belongs to the one before.
  const isLeft = () => sessionOf(assistant).pending?.id !== pending.id
  try {
    const chat = sessionOf(assistant).chat ?? (await begin(assistant, language))
    const { id, text, title } = pending
    const message = { id, text, ...(title === null ? {} : { title }) }
    if (isLeft()) return
    const answer = await untilAnswered(() => chats.sendMessage(assistant, chat.id, message))
    if (!isLeft()) took(assistant, answer)
  } catch (error) {
    if (isLeft()) return
    const { title, detail } = inWords(error)
    update(assistant, { pending: { ...pending, failed: { title, detail } } })
  }
}

const beginning = new Map<string, string>()

async function begin(assistant: string, language: string): Promise<Chat> {
  // Made once: asking again after no answer makes no second chat.
  const id = beginning.get(assistant) ?? uuid7()
  beginning.set(assistant, id)
  const chat = await untilAnswered(() => chats.createChat(assistant, { id, language }))
  beginning.delete(assistant)
  if (sessionOf(assistant).chat === null) update(assistant, { chat, turns: [], state: null })
  return chat
}

function took(assistant: string, { turn, state }: Answer): void {
  const { turns } = sessionOf(assistant)
  update(assistant, { turns: [...turns.filter(({ number }) => number !== turn.number), turn], state, pending: null })
}

/** Goes on with an earlier chat. */
export async function goOn(assistant: string, chat: Chat): Promise<void> {
  startOver(assistant)
  update(assistant, { loading: true })
  try {
    await openChat(assistant, chat)
    update(assistant, { loading: false })
  } catch (error) {
    fail(assistant, error)
  }
}

/** A new chat: the old one stays in the history. */
export function startOver(assistant: string): void {
  if (sessionOf(assistant).greeting?.busy) return
  update(assistant, { chat: null, turns: [], state: null, pending: null, greeting: null, error: null, chosen: null, loading: false })
}

/** Lets the assistant begin: it says what it says when a session starts. */
export async function greet(assistant: string, language: string): Promise<void> {
  const { greeting } = sessionOf(assistant)
  if (greeting?.busy) return
  const id = greeting?.id ?? uuid7()
  update(assistant, { error: null, greeting: { id, busy: true } })
  try {
    const chat = sessionOf(assistant).chat ?? (await begin(assistant, language))
    took(assistant, await chats.restartChat(assistant, chat.id, id))
    update(assistant, { greeting: null })
  } catch (error) {
    update(assistant, { greeting: { id, busy: false } })
    fail(assistant, error)
  }
}

/** Tries what failed at the chat's beginning once more. */
export function beginAgain(assistant: string): void {
  update(assistant, { error: null })
  void openLatest(assistant)
}

function fail(assistant: string, error: unknown): void {
  update(assistant, { loading: false, error: inWords(error) })
}

function inWords(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, 'unexpected', words.session.wentWrong, words.session.tryAgain)
}

// What failed for want of the studio is tried again once it is back.
onBack(() => {
  for (const [assistant, { error }] of Object.entries(useSessions.getState().sessions)) if (error?.temporary) beginAgain(assistant)
})
