/** How turns that come join those that are here, whichever way and in whichever order. Pure. */
import type { ChatState, Turn } from '../api/chats'
import type { ChatSession } from './session'

/** Up to which turn none is missing; they are counted from 1. */
export function whole(turns: readonly Turn[]): number {
  const gap = turns.findIndex(({ number }, index) => number !== index + 1)
  return gap === -1 ? turns.length : gap
}

/** What is here with turns that came, and where the conversation stands after the last of all. */
export function joined({ turns, state, pending }: ChatSession, came: readonly Turn[], then: ChatState): Pick<ChatSession, 'turns' | 'state' | 'pending'> {
  const byNumber = new Map([...turns, ...came].map((turn) => [turn.number, turn]))
  const isBehind = (came.at(-1)?.number ?? 0) < (turns.at(-1)?.number ?? 0)
  const isAnswered = came.some(({ user }) => user?.message_id === pending?.id)
  return {
    turns: [...byNumber.values()].toSorted((one, other) => one.number - other.number),
    state: isBehind ? state : then,
    pending: isAnswered ? null : pending,
  }
}
