import type { Version } from '../api'
import { useAssistant } from '../frame/assistant'
import { useComing } from '../frame/coming'

export type Need = 'runs' | 'starts' | 'sleeps'

/** What a version's model is needed for, if for anything. */
export function useNeeds(): (version: Version) => Need | null {
  const { deployment } = useAssistant()
  const next = useComing()
  return ({ id, active }) => {
    if (deployment?.version.id === id && deployment.asleep) return 'sleeps'
    if (active) return 'runs'
    return next?.state === 'starting' && next.version.id === id ? 'starts' : null
  }
}
