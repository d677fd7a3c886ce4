/** How a change of a work's state is shown. Pure. */
import type { Deployment } from '../api'
import { words } from './words'

const BY_ITSELF = /^(?:training|deployment) orchestrator [0-9a-f-]{36}$/

/** Who changed it, in the words of those who never heard of an orchestrator. */
export function whoChanged(who: string): string {
  return BY_ITSELF.test(who) ? words.became.modelService : who
}

/** The state that a run shows: one that stops until the next message sleeps. */
export function shownState({ state, asleep }: Pick<Deployment, 'state' | 'asleep'>): Deployment['state'] | 'asleep' {
  return asleep && (state === 'stopping' || state === 'stopped') ? 'asleep' : state
}
