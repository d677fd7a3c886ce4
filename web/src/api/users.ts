/** People and what they hold: calls and what they answer. */
import * as sdk from './generated'
import './http'

export type { Invited, NewUser, RoleShown, UserShown } from './generated'

const STRICT = { throwOnError: true } as const

export const listUsers = async (): Promise<sdk.UserShown[]> => {
  const all: sdk.UserShown[] = []
  let cursor: string | null = null
  do {
    const page: sdk.UserList = await sdk.listUsers({ ...STRICT, query: { limit: 200, ...(cursor ? { cursor } : {}) } })
    all.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return all
}
export const listRoles = async (): Promise<sdk.RoleShown[]> => (await sdk.listRoles(STRICT)).items
export const invite = (body: sdk.NewUser) => sdk.invite({ ...STRICT, body })
export const passwordLink = async (uid: string): Promise<string> => (await sdk.passwordLink({ ...STRICT, path: { uid } })).link
export const setDisabled = (uid: string, disabled: boolean) =>
  disabled ? sdk.disable({ ...STRICT, path: { uid } }) : sdk.enable({ ...STRICT, path: { uid } })

const where = (assistant: string | null) => ({ query: assistant === null ? {} : { assistant } })
export const grant = (uid: string, role: string, assistant: string | null) =>
  sdk.grant({ ...STRICT, path: { uid, role }, ...where(assistant) })
export const revoke = (uid: string, role: string, assistant: string | null) =>
  sdk.revoke({ ...STRICT, path: { uid, role }, ...where(assistant) })
