import { queryOptions } from '@tanstack/react-query'
import { listSecrets } from '../api/secrets'
import { queryClient } from '../app/queries'

export const secretsQuery = (assistant: string) => queryOptions({ queryKey: ['secrets', assistant], queryFn: () => listSecrets(assistant) })

export const secretsChanged = (assistant: string): Promise<void> => queryClient.invalidateQueries({ queryKey: ['secrets', assistant] })
