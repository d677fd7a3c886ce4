/**
 * What the server says and takes, as the rest of the client names it: the generated types, narrowed where the API's
 * description leaves JSON open.
 */
import type { Json } from '../documents/json'
import type * as G from './generated'

export type {
  AssistantSummary,
  Counts,
  Deployment,
  Example,
  Instance,
  LogLine,
  Part,
  Person,
  SessionAnswer as Session,
  StateChanges,
  Touched,
  Use as Usage,
  Version,
} from './generated'

export type Severity = G.Problem['severity']
export type HistoryEntry = G.ListedChange
export type Problem = Omit<G.Problem, 'fix'> & { fix: Edit[] | null }
export type ImportProblem = Problem & Pick<G.ImportedProblem, 'file_line'>
export type ImportReport = Omit<G.Report, 'problems'> & { problems: ImportProblem[] }
export type Training = Omit<G.Training, 'problems'> & { problems: Problem[] }
export type ItemSummary = Omit<G.ItemSummary, 'extra'> & { extra: Record<string, Json> }

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

export type Referenced = Omit<G.Referenced, 'body'> & { body: Json }

export type Item = Omit<G.Item, 'body' | 'problems' | 'conditions' | 'responses' | 'slots'> & {
  body: Json
  problems: Problem[]
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
  | { op: 'create'; item: string; kind: string; name: string; body?: Json; source?: string; from?: { revision: number; item?: string } }
  | { op: 'delete'; item: string; revision: number }
  | { op: 'rename'; item: string; revision: number; name: string; from?: { revision: number } }
  | { op: 'source'; item: string; revision: number; part: number; source: string }

export interface ChangeRequest {
  id: string
  command: { name: string; arguments: Record<string, Json> }
  edits: Edit[]
}

export type ChangedItem = Omit<G.ChangedItem, 'body' | 'problems'> & { body: Json; problems: Problem[] }

export interface ChangeAnswer {
  change: number
  items: ChangedItem[]
}

/** An item in a 409: its current state, and the changes that made it. */
export interface StaleItem {
  id: string
  revision: number
  body: Json
  parts: G.Part[]
  changes: { change: number; by: G.Person; at: string; words: string }[]
}

export interface Page<T> {
  items: T[]
  next: string | null
}
