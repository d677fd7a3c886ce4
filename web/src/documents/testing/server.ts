/** A content server in memory for the store's tests: it keeps every revision, as the real one does. */
import { ApiError, type ChangeAnswer, type ChangeRequest, type ChangedItem, type Edit, type Item, type PatchOperation } from '../../api'
import { get, isObject, split, withInserted, without, withValue, type Json, type JsonObject } from '../json'
import type { ContentServer } from '../server'

interface Revision {
  name: string
  body: Json
  deleted: boolean
}

export class TestServer implements ContentServer {
  readonly revisions = new Map<string, Revision[]>()
  readonly requests: ChangeRequest[] = []
  readonly answers = new Map<string, ChangeAnswer>()
  /** What the next requests fail with. */
  readonly failures: ApiError[] = []
  private changes = 0

  constructor(
    readonly kind: string,
    readonly keys: Record<string, string> = {},
  ) {}

  put(id: string, body: Json): void {
    const all = this.revisions.get(id) ?? []
    all.push({ name: id, body, deleted: false })
    this.revisions.set(id, all)
  }

  head(id: string): Revision {
    const found = this.revisions.get(id)?.at(-1)
    if (found === undefined) throw new ApiError(404, 'not-found', 'There is no such item', '')
    return found
  }

  revision(id: string): number {
    return this.revisions.get(id)?.length ?? 0
  }

  async item(id: string): Promise<Item> {
    const { name, body } = this.head(id)
    const parts = [{ file: 'domain.yml', place: name, source: textOf(name, body) }]
    return { id, kind: this.kind, name, builtin: false, revision: this.revision(id), body, parts, problems: [], change: this.changes, changed: null, keys: this.keys }
  }

  async change(request: ChangeRequest): Promise<ChangeAnswer> {
    this.requests.push(structuredClone(request))
    const failure = this.failures.shift()
    if (failure !== undefined) throw failure
    const known = this.answers.get(request.id)
    if (known !== undefined) return known
    const stale = request.edits.filter((edit) => 'revision' in edit && edit.revision !== this.revision(edit.item))
    if (stale.length > 0) throw this.stale(stale)
    const items = request.edits.map((edit) => this.take(edit))
    const answer = { change: ++this.changes, items }
    this.answers.set(request.id, answer)
    return answer
  }

  async builtin(): Promise<undefined> {
    return undefined
  }

  private stale(edits: readonly Edit[]): ApiError {
    const items = edits.map(({ item }) => {
      const { name, body } = this.head(item)
      const parts = [{ file: 'domain.yml', place: item, source: textOf(name, body) }]
      return { id: item, revision: this.revision(item), body, parts, changes: [{ change: 1, by: { id: 'p', name: 'Ada' }, at: '2026-01-01T00:00:00Z', words: 'Changed it' }] }
    })
    return new ApiError(409, 'stale', 'Somebody was first', '', [], items)
  }

  private take(edit: Edit): ChangedItem {
    const id = edit.item
    const all = this.revisions.get(id) ?? []
    const old = all.at(-1)
    const at = (revision: number) => all[revision - 1]?.body ?? null
    let next: Revision = { name: old?.name ?? id, body: old?.body ?? null, deleted: false }
    if (edit.op === 'create') next = { name: edit.name, body: edit.from ? at(edit.from.revision) : (edit.body ?? null), deleted: false }
    if (edit.op === 'delete') next = { ...next, deleted: true }
    if (edit.op === 'rename') next = { ...next, name: edit.name }
    if (edit.op === 'source') next = { ...next, body: Object.values(JSON.parse(edit.source) as JsonObject)[0] ?? null }
    if (edit.op === 'patch') for (const operation of edit.patch) next = { ...next, body: patched(next.body, operation, at) }
    all.push(next)
    this.revisions.set(id, all)
    const parts = [{ file: 'domain.yml', place: id, source: textOf(next.name, next.body) }]
    return { id, kind: this.kind, name: next.name, revision: all.length, body: next.body, parts, keys: null, problems: [], deleted: next.deleted }
  }
}

/** An item's text names it, as in a real file. */
export function textOf(name: string, body: Json): string {
  return JSON.stringify({ [name]: body })
}

function patched(body: Json, operation: PatchOperation, at: (revision: number) => Json): Json {
  const value = operation.from ? (get(at(operation.from.revision), operation.from.path) ?? null) : (operation.value ?? null)
  if (operation.op === 'remove') return without(body, operation.path)
  if (operation.path === '') return value
  const container = get(body, split(operation.path).parent)
  if (operation.op === 'add' && Array.isArray(container)) return withInserted(body, operation.path, value)
  if (operation.op === 'add' && !isObject(container)) throw new Error('There is no container')
  return withValue(body, operation.path, value, operation.before)
}
