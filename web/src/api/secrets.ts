/** Secrets of an assistant: they are set and deleted, and never told. */
import * as sdk from './generated'
import './http'

export type { Secret } from './generated'

const STRICT = { throwOnError: true } as const

export const listSecrets = async (aid: string): Promise<sdk.Secret[]> => (await sdk.listSecrets({ ...STRICT, path: { aid } })).items
export const setSecret = (aid: string, name: string, value: string) => sdk.setSecret({ ...STRICT, path: { aid, name }, body: { value } })
export const deleteSecret = (aid: string, name: string) => sdk.deleteSecret({ ...STRICT, path: { aid, name } })
