import { queryOptions } from '@tanstack/react-query'
import { listEngines } from '../api/engines'
import { listSecrets } from '../api/secrets'
import { queryClient } from '../app/queries'

/** Engines change when consumers come and go: what was read stays while it is read again. */
export const enginesQuery = queryOptions({ queryKey: ['engines'], queryFn: listEngines, staleTime: 30_000 })

export const secretsQuery = (assistant: string) => queryOptions({ queryKey: ['secrets', assistant], queryFn: () => listSecrets(assistant) })

export const secretsChanged = (assistant: string): Promise<void> => queryClient.invalidateQueries({ queryKey: ['secrets', assistant] })
