/** Every call that the client makes, by what it is for. */
import { request } from './http'
import type * as T from './types'

const base = (assistant: string) => `/api/assistants/${encodeURIComponent(assistant)}`

export const getInstance = () => request<T.Instance>('GET', '/api/instance')
export const getSession = () => request<T.Session>('GET', '/api/session')
export const signOut = () => request<{ redirect: string }>('POST', '/api/sign-out')

export const listAssistants = (signal?: AbortSignal) =>
  request<T.Page<T.AssistantSummary>>('GET', '/api/assistants', { query: { limit: 200 }, signal })
export const createAssistant = (json: { id: string; name: string; title: string; language: string }) =>
  request<T.AssistantSummary>('POST', '/api/assistants', { json })
export const retitleAssistant = (assistant: string, title: string) =>
  request<T.AssistantSummary>('PATCH', base(assistant), { json: { title } })
export const deleteAssistant = (assistant: string) => request<void>('DELETE', base(assistant))
export const importAssistant = (archive: Blob, query: { id: string; name?: string | undefined; title?: string | undefined }) =>
  request<{ assistant: T.AssistantSummary; report: T.ImportReport }>('POST', '/api/assistants/import', { query, body: archive })
export const listExamples = () => request<T.Example[]>('GET', '/api/examples')
export const loadExample = (name: string, id: string) =>
  request<{ assistant: T.AssistantSummary; report: T.ImportReport }>('POST', `/api/assistants/examples/${encodeURIComponent(name)}`, { json: { id } })

export const downloadAddress = (assistant: string, format: 'zip' | 'tar.gz' = 'zip') => `${base(assistant)}/download?format=${format}`
export const versionProjectAddress = (assistant: string, version: string) => `${base(assistant)}/versions/${version}/project`
export const versionModelAddress = (assistant: string, version: string) => `${base(assistant)}/versions/${version}/model`

export interface ItemsQuery {
  kind?: string
  q?: string
  name?: string
  cursor?: string
  limit?: number
}

export const listItems = (assistant: string, query: ItemsQuery, signal?: AbortSignal) =>
  request<T.Page<T.ItemSummary>>('GET', `${base(assistant)}/items`, { query: { ...query }, signal })
export const getItem = (assistant: string, item: string) => request<T.Item>('GET', `${base(assistant)}/items/${item}`)
export const itemUsed = (assistant: string, item: string) => request<T.Page<T.Usage>>('GET', `${base(assistant)}/items/${item}/used`)
export const itemHistory = (assistant: string, item: string, cursor?: string) =>
  request<T.Page<T.ItemHistoryEntry>>('GET', `${base(assistant)}/items/${item}/history`, { query: { cursor } })
export const describeConditions = (assistant: string, expressions: string[]) =>
  request<{ conditions: Record<string, T.Condition> }>('POST', `${base(assistant)}/conditions`, { json: { expressions } })

export const sendChange = (assistant: string, json: T.ChangeRequest) =>
  request<T.ChangeAnswer>('POST', `${base(assistant)}/changes`, { json })
export const listChanges = (assistant: string, cursor?: string, limit = 50) =>
  request<T.Page<T.HistoryEntry>>('GET', `${base(assistant)}/changes`, { query: { cursor, limit } })
export const revertChange = (assistant: string, number: number, id: string) =>
  request<T.ChangeAnswer>('POST', `${base(assistant)}/changes/${number}/revert`, { json: { id } })
export const listProblems = (assistant: string) =>
  request<{ items: T.Problem[]; counts: T.Counts }>('GET', `${base(assistant)}/problems`)

export const listVersions = (assistant: string, cursor?: string) =>
  request<T.Page<T.Version>>('GET', `${base(assistant)}/versions`, { query: { cursor } })
export const describeVersion = (assistant: string, version: string, description: string) =>
  request<T.Version>('PATCH', `${base(assistant)}/versions/${version}`, { json: { description } })
export const startTraining = (assistant: string, id: string) =>
  request<T.Training>('POST', `${base(assistant)}/trainings`, { json: { id, deploy: true } })
export const listTrainings = (assistant: string) => request<T.Page<T.Training>>('GET', `${base(assistant)}/trainings`)
export const stopTraining = (assistant: string, training: string) =>
  request<T.Training>('POST', `${base(assistant)}/trainings/${training}/stop`)
export const trainingLog = (assistant: string, training: string, after: number) =>
  request<{ lines: T.LogLine[]; next: number | null }>('GET', `${base(assistant)}/trainings/${training}/log`, { query: { after } })
export const startDeployment = (assistant: string, id: string, version: string) =>
  request<T.Deployment>('POST', `${base(assistant)}/deployments`, { json: { id, version } })
export const listDeployments = (assistant: string) => request<T.Page<T.Deployment>>('GET', `${base(assistant)}/deployments`)
