/** Conditions in words: only the server parses them. */
import { useQuery, keepPreviousData } from '@tanstack/react-query'
import { api, type Condition } from '../api'
import { useAssistant } from '../frame/assistant'
import { useDebouncedValue } from '@mantine/hooks'

const NONE: Readonly<Record<string, Condition>> = {}

export function useConditions(expressions: readonly string[]): Readonly<Record<string, Condition>> {
  const { id } = useAssistant()
  const wanted = [...new Set(expressions)].toSorted()
  const [settled] = useDebouncedValue(wanted.join('\u0000'), 300)
  const { data } = useQuery({
    queryKey: ['conditions', id, settled],
    queryFn: () => api.describeConditions(id, settled.split('\u0000')),
    enabled: settled !== '',
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  })
  return data?.conditions ?? NONE
}
