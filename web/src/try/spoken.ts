/** The bot's texts as they are shown: values with marks of direction that people brought in don't turn its own words round. */
import type { Turn } from '../api/chats'
import { useAssistant } from '../frame/assistant'
import { hasMarks, withApart } from '../ui/direction'
import { useChat } from './session'

/** All texts with marks of direction that a conversation took up: said, or held by a slot. Pure. */
function markedIn(turns: readonly Turn[]): string[] {
  const texts = turns.flatMap(({ user, entries }) => [user?.text, ...entries.filter(({ kind }) => kind === 'slot').map((entry) => entry.new)])
  return [...new Set(texts.filter((text): text is string => typeof text === 'string' && hasMarks(text)))]
}

const known = new WeakMap<readonly Turn[], readonly string[]>()

/** The text with such values in it kept apart, and with nothing left open at its end. */
export function useSpoken(text: string): string {
  const { turns } = useChat(useAssistant().id)
  const values = known.get(turns) ?? markedIn(turns)
  known.set(turns, values)
  return withApart(text, values)
}
