/** Every call that the client makes, by what it is for. All throw ApiError. */
import * as sdk from './generated'
import './http'
import type * as T from './types'

const STRICT = { throwOnError: true } as const

export const getInstance = () => sdk.readInstance(STRICT)
export const getSession = () => sdk.readSession(STRICT)
export const signOut = () => sdk.signOut(STRICT)

export const listAssistants = (signal: AbortSignal, cursor?: string) => sdk.listAssistants({ ...STRICT, query: { limit: 200, ...(cursor ? { cursor } : {}) }, signal })
export const assistantNamed = async (name: string, signal: AbortSignal) => (await sdk.listAssistants({ ...STRICT, query: { name, limit: 1 }, signal })).items[0] ?? null
export const getAssistant = (aid: string, signal: AbortSignal) => sdk.readAssistant({ ...STRICT, path: { aid }, signal })
export const createAssistant = (body: sdk.NewAssistant) => sdk.createAssistant({ ...STRICT, body })
export const retitleAssistant = (aid: string, title: string) => sdk.retitleAssistant({ ...STRICT, path: { aid }, body: { title } })
export const deleteAssistant = (aid: string) => sdk.deleteAssistant({ ...STRICT, path: { aid } })
/** With `trial` the server only tells what it would make. */
export const importAssistant = (archive: Blob, query: { id: string; name?: string | undefined; title?: string | undefined; file?: string | undefined; trial?: boolean }, signal?: AbortSignal) =>
  sdk.importAssistant({ ...STRICT, query, body: archive, headers: { 'Content-Type': archive.type }, signal: signal ?? null }) as Promise<Imported>
/** Puts an archive over an assistant as one change: files of the same path are replaced. */
export const importInto = (aid: string, archive: Blob, change: string) =>
  sdk.importInto({ ...STRICT, path: { aid }, query: { change }, body: archive, headers: { 'Content-Type': archive.type } })
export const listExamples = () => sdk.readExamples(STRICT)
export const loadExample = (example: string, id: string) =>
  sdk.importExample({ ...STRICT, path: { example }, body: { id } }) as Promise<Imported>

interface Imported {
  assistant: T.AssistantSummary
  report: T.ImportReport
}

const base = (aid: string) => `/api/assistants/${encodeURIComponent(aid)}`
export const downloadAddress = (aid: string) => `${base(aid)}/download?format=zip`
export const versionProjectAddress = (aid: string, version: string) => `${base(aid)}/versions/${version}/project`

export interface ItemsQuery {
  kind?: string
  q?: string
  name?: string
  cursor?: string
  limit?: number
}

export const listItems = (aid: string, { kind, ...query }: ItemsQuery, signal?: AbortSignal) =>
  sdk.listItems({ ...STRICT, path: { aid }, query: { ...query, ...(kind ? { kind: [kind as sdk.Kind] } : {}) }, signal: signal ?? null }) as Promise<T.Page<T.ItemSummary>>
export const getItem = (aid: string, item: string) => sdk.readItem({ ...STRICT, path: { aid, item } }) as Promise<T.Item>
export const itemUsed = (aid: string, item: string, cursor?: string) => sdk.readUses({ ...STRICT, path: { aid, item }, query: { limit: 200, ...(cursor ? { cursor } : {}) } })
export const itemHistory = (aid: string, item: string) => sdk.readHistory({ ...STRICT, path: { aid, item }, query: { limit: 1 } })
export const describeConditions = (aid: string, expressions: string[]) =>
  sdk.describeConditions({ ...STRICT, path: { aid }, body: { expressions } }) as Promise<unknown> as Promise<{ conditions: Record<string, T.Condition> }>

export const sendChange = (aid: string, change: T.ChangeRequest) =>
  sdk.makeChange({ ...STRICT, path: { aid }, body: change as sdk.NewChange }) as Promise<T.ChangeAnswer>
export const listChanges = (aid: string, cursor?: string, limit = 50) =>
  sdk.listChanges({ ...STRICT, path: { aid }, query: { limit, ...(cursor ? { cursor } : {}) } })
export const revertChange = (aid: string, number: number, id: string) =>
  sdk.revertChange({ ...STRICT, path: { aid, number }, body: { id } }) as Promise<T.ChangeAnswer>
export const listProblems = (aid: string) =>
  sdk.listProblems({ ...STRICT, path: { aid } }) as Promise<{ items: T.Problem[]; counts: T.Counts }>

export const listVersions = (aid: string, cursor?: string) => sdk.listVersions({ ...STRICT, path: { aid }, query: { limit: 200, ...(cursor ? { cursor } : {}) } })
export const describeVersion = (aid: string, version: string, description: string) =>
  sdk.describeVersion({ ...STRICT, path: { aid, version }, body: { description } })
export const startTraining = (aid: string, id: string) => sdk.requestTraining({ ...STRICT, path: { aid }, body: { id, deploy: true } }) as Promise<unknown> as Promise<T.Training>
export const listTrainings = (aid: string) => 
  sdk.listTrainings({ ...STRICT, path: { aid }, query: { limit: 20 } }) as Promise<unknown> as Promise<T.Page<T.Training>>
export const stopTraining = (aid: string, training: string) => sdk.stopTraining({ ...STRICT, path: { aid, training } }) as Promise<unknown> as Promise<T.Training>
export const trainingLog = (aid: string, training: string, after: number) =>
  sdk.readLog({ ...STRICT, path: { aid, training }, query: { after } })
export const trainingStates = (aid: string, training: string) => sdk.trainingStates({ ...STRICT, path: { aid, training }, query: { limit: 200 } })
/** Deletes a version's model; the version stays. */
export const deleteModel = (aid: string, version: string) => sdk.deleteModel({ ...STRICT, path: { aid, version } })
export const versionDeployments = (aid: string, version: string, cursor?: string) =>
  sdk.listDeployments({ ...STRICT, path: { aid }, query: { version, limit: 20, ...(cursor ? { cursor } : {}) } })
export const deploymentStates = (aid: string, deployment: string) => sdk.deploymentStates({ ...STRICT, path: { aid, deployment }, query: { limit: 200 } })
export const stopDeployment = (aid: string, deployment: string) => sdk.stopDeployment({ ...STRICT, path: { aid, deployment } })
export const listDeployments = (aid: string) => sdk.listDeployments({ ...STRICT, path: { aid }, query: { limit: 1 } })
export const startDeployment = (aid: string, id: string, version: string) =>
  sdk.requestDeployment({ ...STRICT, path: { aid }, body: { id, version } })
