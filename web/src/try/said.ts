/** What the person said in a turn. */
import type { Turn } from '../api/chats'

/** The payload that only begins a session: nobody says it. */
const BEGINS = /^\/session_start\b/

/** The words in the person's bubble; null where the assistant spoke first. */
export function saidIn({ user }: Turn): string | null {
  const said = user?.title ?? user?.text ?? null
  return said !== null && BEGINS.test(said) ? null : said
}
