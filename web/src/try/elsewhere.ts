/** Shows what is said in the open chat in another tab or on another device, as the stream tells of it. */
import type { Chat } from '../api/chats'
import { untilAnswered } from '../api/untilAnswered'
import { onStream } from '../events/bus'
import type { StreamEvent } from '../events/stream'
import { whole } from './joining'
import { catchUp, sentHere, sessionOf, writing, type ChatSession } from './session'

/** Chats that are read; true where there was news of them since. */
const reading = new Map<string, boolean>()

/** Follows an assistant's open chat; gives how that ends. */
export function followElsewhere(assistant: string): () => void {
  // Of what was said before, nobody tells any more.
  readOn(assistant)
  return onStream((event) => {
    if (isNews(event, assistant, sessionOf(assistant).chat)) readOn(assistant)
  })
}

function isNews(event: StreamEvent, assistant: string, chat: Chat | null | undefined): boolean {
  if (event.type === 'reset') return event.scopes === undefined || event.scopes.includes(assistant)
  return event.type === 'fact' && event.kind === 'chat' && event.scope === assistant && event['chat'] === chat?.id && !sentHere.has(String(event['message']))
}

/** Reads the open chat on; once more, and no oftener, where it went on meanwhile. */
function readOn(assistant: string): void {
  const { chat } = sessionOf(assistant)
  if (!chat) return
  if (reading.has(chat.id)) {
    reading.set(chat.id, true)
    return
  }
  reading.set(chat.id, false)
  void read(assistant, chat).finally(() => {
    const again = reading.get(chat.id)
    reading.delete(chat.id)
    if (again) readOn(assistant)
  })
}

async function read(assistant: string, chat: Chat): Promise<void> {
  const { turns } = sessionOf(assistant)
  const write = writing(assistant)
  // What follows a greeting is part of its turn.
  const from = Math.max(whole(turns) - 1, 0)
  try {
    await untilAnswered(() => catchUp(assistant, chat, (change) => write((session) => seen(session, change(session))), from))
  } catch {
    // Nobody asked for it: the next turn brings it, or is told why not.
  }
}

/** What came, and whether the chat went on by it. Pure. */
function seen(session: ChatSession, came: Partial<ChatSession>): Partial<ChatSession> {
  return { ...came, elsewhere: session.elsewhere || lastIn(came) !== lastIn(session) }
}

function lastIn({ turns }: Partial<ChatSession>): string | null | undefined {
  return turns?.at(-1)?.user?.message_id
}
