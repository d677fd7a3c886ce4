/** How a message was understood, in sentences for people who read no traces. */
import type { Trace, Turn, Understood } from '../../api/chats'
import { refusal } from '../commandWords'
import { words } from '../words'

const say = words.how

/** Who understood it, in a few words beside the title; `failed` marks a language model that gave no answer. */
export interface Short {
  who: string
  failed: boolean
}

export function shortOf(turn: Turn, trace: Trace): Short {
  const found = trace.understanding ?? {}
  if (refusal(turn.entries) !== null) return { who: say.who.nobody, failed: false }
  if (found.source === 'payload') return { who: isPayload(turn) ? say.who.button : say.who.question, failed: false }
  if (found.source === 'llm') return { who: say.who.llm, failed: found.failed !== undefined }
  if (found.source === 'local') return { who: say.who.local, failed: found.llm !== undefined }
  return { who: say.who.nobody, failed: true }
}

/** What happened, one sentence each, in the order in which it did. */
export function storyOf(turn: Turn, trace: Trace): string[] {
  const found = trace.understanding ?? {}
  const refused = refusal(turn.entries)
  if (refused !== null) return [say.refused(refused)]
  if (found.source === 'payload') return [isPayload(turn) ? say.button : say.question]
  if (found.source === 'llm') return ofModel(found)
  if (found.source === 'local') return ofLocal(found)
  return [say.failed]
}

/** Who tells of flows and values: the local model, whoever decided in the end. */
export function localOf(found: Understood): Understood | null {
  return found.source === 'local' ? found : (found.local ?? null)
}

/** What is told of a language model, whether or not it answered. */
export function modelOf(found: Understood): Understood | null {
  return found.source === 'llm' ? found : (found.llm ?? null)
}

const isPayload = (turn: Turn): boolean => turn.user?.text?.trimStart().startsWith('/') ?? false

function ofLocal(found: Understood): string[] {
  const why = decided(found)
  if (found.llm === undefined) return [say.local(why)]
  return [say.unsure, say.noAnswer(reason(found.llm)), say.instead(why)]
}

function ofModel(found: Understood): string[] {
  const before = found.local === undefined ? [] : [found.local.sure === true ? say.surePart(decided(found.local)) : say.unsureWhy(decided(found.local))]
  if (found.failed !== undefined) return [...before, say.noAnswer(reason(found)), say.nobodyElse]
  return [...before, ...(found.faults ?? []).map(say.triedAgain), say.model(found.model ?? say.aModel)]
}

const decided = (found: Understood): string => found.decision ?? say.noReason
const reason = (found: Understood): string => found.failed ?? say.noReason
