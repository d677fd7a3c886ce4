import { useQuery } from '@tanstack/react-query'
import { assistantsQuery } from '../app/queries'
import { rolesQuery } from './people'
import { words } from './words'

interface Option {
  value: string
  label: string
}

/** The roles, and where each may count: everywhere (an empty value) or in one assistant. */
export function useGrantOptions(): { roles: Option[]; places: Option[] } {
  const { data: roles = [] } = useQuery(rolesQuery)
  const { data: assistants } = useQuery(assistantsQuery)
  return {
    roles: roles.map(({ key, title }) => ({ value: key, label: title })),
    places: [{ value: '', label: words.everywhere }, ...(assistants?.items ?? []).map(({ id, title }) => ({ value: id, label: title }))],
  }
}
