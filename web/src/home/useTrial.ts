import { useQuery, type UseQueryResult } from '@tanstack/react-query'
import { api } from '../api'
import { uuid7 } from '../documents'
import type { Chosen } from './archive'

type Trial = Awaited<ReturnType<typeof api.importAssistant>>

/** As much of a file's name as the server takes. */
const LONGEST_FILE = 255

export function fileName({ name }: Chosen): string {
  return name.slice(-LONGEST_FILE)
}

/** What an import of the archive would make; `id` stands for this choice of it. */
export function useTrial(chosen: Chosen | null, id: string): UseQueryResult<Trial> {
  return useQuery({
    queryKey: ['trial', id],
    queryFn: async ({ signal }) => {
      if (chosen === null) throw new TypeError('Nothing is chosen')
      return await api.importAssistant(chosen.archive, { id: uuid7(), file: fileName(chosen), trial: true }, signal)
    },
    enabled: chosen !== null,
    staleTime: 'static',
    gcTime: 0,
  })
}
