/** The lists behind the page, and what people hold in words. */
import { queryOptions } from '@tanstack/react-query'
import { queryClient } from '../app/queries'
import type { AssistantSummary } from '../api'
import { listRoles, listUsers, type RoleShown, type UserShown } from '../api/users'
import { words } from './words'

export const usersQuery = queryOptions({ queryKey: ['users'], queryFn: listUsers })
export const rolesQuery = queryOptions({ queryKey: ['roles'], queryFn: listRoles, staleTime: Infinity })
export const MANAGE = 'users:manage'

export const usersChanged = () => queryClient.invalidateQueries({ queryKey: usersQuery.queryKey })

export interface Held {
  role: string
  /** Null for all assistants. */
  assistant: string | null
  label: string
}

/** Everything a person holds, what counts everywhere first. */
export function heldBy(user: UserShown, roles: readonly RoleShown[], assistants: readonly AssistantSummary[]): Held[] {
  const title = (key: string) => roles.find((role) => role.key === key)?.title ?? key
  const place = (id: string) => assistants.find((assistant) => assistant.id === id)?.title ?? words.goneAssistant
  return [
    ...user.roles.map((role) => ({ role, assistant: null, label: title(role) })),
    ...user.grants.map(({ role, assistant }) => ({ role, assistant, label: words.roleIn(title(role), place(assistant)) })),
  ]
}
