/** What the server says and takes, as the rest of the client names it. */
import type { Json } from '../documents/json'

export interface Person {
  id: string
  name: string
}

export type Severity = 'error' | 'warning' | 'hint'

export interface Problem {
  key: string
  code: string
  severity: Severity
  message: string
  kind: string | null
  name: string | null
  item: string | null
  step: string | null
  path: string
  line: number | null
  file?: string | null
  fix?: Edit[] | null
}

export interface Counts {
  error: number
  warning: number
  hint: number
}

export interface Touched {
  at: string
  by: Person
}

export type TrainingState = 'queued' | 'running' | 'succeeded' | 'failed' | 'cancelled'

export interface Training {
  id: string
  assistant: string
  version: { id: string; name: string }
  state: TrainingState
  place: number | null
  waiting: string | null
  stage: string | null
  progress: number
  reason: string | null
  problems: Problem[]
  created_at: string
  started_at: string | null
  ended_at: string | null
  by: Person
  deploy: boolean
}

export type DeploymentState = 'queued' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed'

export interface Deployment {
  id: string
  assistant: string
  environment: string
  version: { id: string; name: string }
  training: string | null
  state: DeploymentState
  waiting: string | null
  reason: string | null
  created_at: string
  ready_at: string | null
}

export interface Version {
  id: string
  name: string
  number: number
  change: number
  digest: string
  description: string | null
  created_at: string
  by: Person
  training: Training | null
  model: { id: string; bytes: number } | null
  active: boolean
}

export interface AssistantSummary {
  id: string
  name: string
  title: string
  language: string
  additional_languages: string[]
  problems: Counts
  counts: Record<string, number>
  training: Training | null
  deployment: Deployment | null
  last_change: { number: number; at: string; by: Person; words: string } | null
  permissions: string[]
}

export interface Session {
  person: Person
  roles: string[]
  permissions: string[]
  csrf: string
  instance: string
}

export interface Instance {
  name: string
  version: string
  instance: string
  first_administrator_needed: boolean
}

export interface Example {
  name: string
  title: string
  description: string
  languages: string[]
}

export interface ImportReport {
  items: Record<string, number>
  files: { path: string; items: number; kept: boolean }[]
  left_out: string[]
  problems: Problem[]
}

export interface ItemSummary {
  id: string
  kind: string
  name: string
  builtin: boolean
  revision: number
  title: string | null
  text: string | null
  extra: Record<string, Json>
  used: number
  problems: Counts
  changed: Touched | null
}

export interface Part {
  file: string
  place: string
  source: string
}

export interface Word {
  text: string
  role: 'slot' | 'context' | 'operator' | 'value' | 'join' | 'paren'
  name?: string | null
}

export interface Condition {
  tree: Json
  words: Word[]
  error: { message: string; column: number } | null
}

export interface Referenced {
  id: string
  builtin: boolean
  revision: number
  body: Json
}

export interface Item {
  id: string
  kind: string
  name: string
  builtin: boolean
  revision: number
  body: Json
  parts: Part[]
  problems: Problem[]
  change: number | null
  changed: Touched | null
  keys?: Record<string, string> | null
  conditions?: Record<string, Condition> | null
  responses?: Record<string, Referenced> | null
  slots?: Record<string, Referenced> | null
}

export interface PatchOperation {
  op: 'add' | 'replace' | 'remove'
  path: string
  value?: Json
  before?: string
  from?: { revision: number; path: string }
}

export type Edit =
  | { op: 'patch'; item: string; revision: number; patch: PatchOperation[] }
  | { op: 'create'; item: string; kind: string; name: string; body?: Json; source?: string; from?: { revision: number } }
  | { op: 'delete'; item: string; revision: number }
  | { op: 'rename'; item: string; revision: number; name: string }
  | { op: 'source'; item: string; revision: number; part: number; source: string }

export interface ChangeRequest {
  id: string
  command: { name: string; arguments: Record<string, Json> }
  edits: Edit[]
}

export interface ChangedItem {
  id: string
  kind: string
  name: string
  revision: number
  body: Json
  parts: Part[]
  keys?: Record<string, string> | null
  problems: Problem[]
  deleted: boolean
}

export interface ChangeAnswer {
  change: number
  items: ChangedItem[]
}

export interface StaleItem {
  id: string
  revision: number
  body: Json
  parts: Part[]
  changes: { change: number; by: Person; at: string; words: string }[]
}

export interface HistoryEntry {
  number: number
  id: string
  at: string
  by: Person
  source: string
  words: string
  items: { id: string; kind: string; name: string }[]
}

export interface ItemHistoryEntry {
  change: number
  at: string
  by: Person
  words: string
  revision: number
}

export interface Usage {
  item: { id: string; kind: string; name: string }
  step: string | null
  path: string
  text: string | null
}

export interface LogLine {
  number: number
  at: string
  stage: string | null
  level: string
  message: string
  progress: number | null
}

export interface Page<T> {
  items: T[]
  next: string | null
}
