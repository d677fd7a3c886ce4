/**
 * The chat that is open in the dock: its turns, its state, what is on its way. One per assistant is open; what comes for
 * another that was open before finds nobody.
 */
import { create } from 'zustand'
import { ApiError, onBack } from '../api'
import * as chats from '../api/chats'
import type { Answer, Chat, ChatState, Turn, TurnPage } from '../api/chats'
import { untilAnswered } from '../api/untilAnswered'
import { uuid7 } from '../documents'
import { joined, whole } from './joining'
import { words } from './words'

export interface Pending {
  id: string
  text: string
  title: string | null
  failed: { title: string; detail: string } | null
}

export interface ChatSession {
  /** Tells this chat from others that are opened here; one that begins here is made by it, so that asking again makes no second. */
  id: string
  /** Undefined until it is known which chat it is; null for a new one, which is made when something is said in it. */
  chat: Chat | null | undefined
  turns: readonly Turn[]
  state: ChatState | null
  pending: Pending | null
  /** The assistant's first words are asked for; one that failed is asked for again by its id, so that it greets once. */
  greeting: { id: string; busy: boolean } | null
  /** What is typed and not said yet. */
  draft: string
  loading: boolean
  /** What came last was said elsewhere. */
  elsewhere: boolean
  error: ApiError | null
  /** Number of the turn that the person looks at; null follows the last one. */
  chosen: number | null
  following: boolean
}

const EMPTY: ChatSession = { id: '', chat: undefined, turns: [], state: null, pending: null, greeting: null, draft: '', loading: true, elsewhere: false, error: null, chosen: null, following: true }

export const useSessions = create<{ sessions: Readonly<Record<string, ChatSession>> }>(() => ({ sessions: {} }))

export function useChat(assistant: string): ChatSession {
  return useSessions((all) => all.sessions[assistant] ?? EMPTY)
}

export function update(assistant: string, change: Partial<ChatSession>): void {
  useSessions.setState(({ sessions }) => ({ sessions: { ...sessions, [assistant]: { ...sessionOf(assistant), ...change } } }))
}

export function sessionOf(assistant: string): ChatSession {
  return useSessions.getState().sessions[assistant] ?? { ...EMPTY, id: uuid7() }
}

type Write = (change: (session: ChatSession) => Partial<ChatSession>) => void

/** Writes to the chat that is open now, and to none once another one is. */
export function writing(assistant: string): Write {
  // Where none was open yet, one is from now on.
  update(assistant, {})
  const { id } = sessionOf(assistant)
  return (change) => {
    const session = sessionOf(assistant)
    if (session.id === id) update(assistant, change(session))
  }
}

/** Opens the person's latest chat, where there is one. */
export async function openLatest(assistant: string): Promise<void> {
  if (sessionOf(assistant).chat === undefined) await load(assistant)
}

/** Goes on with an earlier chat. */
export async function goOn(assistant: string, chat: Chat): Promise<void> {
  startOver(assistant)
  update(assistant, { chat })
  await load(assistant)
}

/** Reads what is missing of the chat that is open: all of it, or what was said in it elsewhere. */
async function load(assistant: string): Promise<void> {
  const write = writing(assistant)
  write(() => ({ loading: true, error: null }))
  try {
    const chat = await known(assistant, sessionOf(assistant), write)
    if (chat !== null) await catchUp(assistant, chat, write)
    write(() => ({ loading: false, elsewhere: false }))
  } catch (error) {
    write(() => failed(error))
  }
}

const searches = new Map<string, Promise<Chat | null>>()

/** The chat that a session goes on with; null for a new one. Whatever asks for it meanwhile gets the same. */
async function known(assistant: string, { id, chat }: ChatSession, write: Write): Promise<Chat | null> {
  if (chat !== undefined) return chat
  const search = searches.get(id) ?? latest(assistant).finally(() => searches.delete(id))
  searches.set(id, search)
  const found = await search
  write((session) => (session.chat === undefined ? { chat: found } : {}))
  return found
}

async function latest(assistant: string): Promise<Chat | null> {
  return (await chats.myChats(assistant, 1)).items[0] ?? null
}

/** Reads the turns from the first one on that is missing here. */
export async function catchUp(assistant: string, chat: Chat, write: Write, from = whole(sessionOf(assistant).turns)): Promise<void> {
  let after: number | null = from
  while (after !== null) {
    const page: TurnPage = await chats.chatTimeline(assistant, chat.id, after)
    write((session) => joined(session, page.turns, page.state))
    after = page.next
  }
}

/** The messages and greetings that were sent from here: their answers come by themselves. */
export const sentHere = new Set<string>()

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
  const write = writing(assistant)
  write(() => ({ pending, chosen: null }))
  const { id, text, title } = pending
  sentHere.add(id)
  // A timeline that is read meanwhile may have brought the answer, and another message been said since.
  const settle = (why: Pending['failed']) => write((session) => (session.pending?.id === id ? { pending: why && { ...pending, failed: why } } : {}))
  try {
    const chat = await begun(assistant, language, write)
    const message = { id, text, ...(title === null ? {} : { title }) }
    const answer = await untilAnswered(() => chats.sendMessage(assistant, chat.id, message))
    settle(null)
    await take(assistant, write, answer)
  } catch (error) {
    const refusal = inWords(error)
    settle({ title: refusal.title, detail: refusal.detail })
    if (refusal.code === 'chat-moved') await load(assistant)
  }
}

/** The chat that is open, or is being found; made now where nothing was said in it yet. */
async function begun(assistant: string, language: string, write: Write): Promise<Chat> {
  // Of the chat that it is said in, whichever is opened while it waits.
  const session = sessionOf(assistant)
  const chat = await untilAnswered(() => known(assistant, session, write))
  if (chat !== null) return chat
  const made = await untilAnswered(() => chats.createChat(assistant, { id: session.id, language }))
  write(() => ({ chat: made }))
  return made
}

/** Takes an answer in; turns before it that were taken elsewhere are read. */
async function take(assistant: string, write: Write, { turn, state }: Answer): Promise<void> {
  write((session) => ({ ...joined(session, [turn], state), error: null, greeting: null, elsewhere: false }))
  const { turns } = sessionOf(assistant)
  if (whole(turns) < turns.length) await load(assistant)
}

/** A new chat: the old one stays in the history. */
export function startOver(assistant: string): void {
  const { draft, following } = sessionOf(assistant)
  update(assistant, { ...EMPTY, id: uuid7(), chat: null, loading: false, draft, following })
}

/** Lets the assistant begin: it says what it says when a session starts. */
export async function greet(assistant: string, language: string): Promise<void> {
  const { greeting } = sessionOf(assistant)
  if (greeting?.busy) return
  const id = greeting?.id ?? uuid7()
  sentHere.add(id)
  const write = writing(assistant)
  write(() => ({ error: null, greeting: { id, busy: true } }))
  try {
    const chat = await begun(assistant, language, write)
    const answer = await untilAnswered(() => chats.restartChat(assistant, chat.id, id))
    await take(assistant, write, answer)
  } catch (error) {
    write(() => ({ ...failed(error), greeting: { id, busy: false } }))
  }
}

/** Tries what failed at the chat's beginning once more. */
export function beginAgain(assistant: string): void {
  void load(assistant)
}

function failed(error: unknown): Pick<ChatSession, 'loading' | 'error'> {
  return { loading: false, error: inWords(error) }
}

function inWords(error: unknown): ApiError {
  if (error instanceof ApiError) return error
  return new ApiError(0, 'unexpected', words.session.wentWrong, words.session.tryAgain)
}

// What failed for want of the studio is tried again once it is back.
onBack(() => {
  for (const [assistant, { error }] of Object.entries(useSessions.getState().sessions)) if (error?.temporary) beginAgain(assistant)
})
