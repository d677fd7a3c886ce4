/** What a store asks of the server: the seam that tests stand in for. */
import { api, type ChangeAnswer, type ChangeRequest, type ChangedItem, type Item, type StaleItem } from '../api'
import type { Document } from './document'

export interface ContentServer {
  item(id: string): Promise<Item>
  change(request: ChangeRequest): Promise<ChangeAnswer>
  /** The id of the built-in item with this name, where there is one. */
  builtin(kind: string, name: string): Promise<string | undefined>
}

export function contentServer(assistant: string): ContentServer {
  return {
    item: (id) => api.getItem(assistant, id),
    change: (request) => api.sendChange(assistant, request),
    builtin: async (kind, name) => (await api.listItems(assistant, { kind, name })).items.find((item) => item.builtin)?.id,
  }
}

/** The documents in an item's answer: the item itself, and for a flow the responses and slots that it names. */
export function documentsOf(item: Item): Document[] {
  const { id, kind, name, builtin, revision, body, parts, problems } = item
  const own: Document = { id, kind, name, builtin, revision, body, parts, problems, keys: item.keys ?? {}, deleted: false }
  if (item.conditions) own.conditions = item.conditions
  return [own, ...named('response', item.responses), ...named('slot', item.slots)]
}

/** Those that tell something new: a response that is open whole isn't replaced by its body alone. */
export function newIn(item: Item, bases: Readonly<Record<string, Document>>): Document[] {
  return documentsOf(item).filter((document) => document.id === item.id || bases[document.id]?.revision !== document.revision)
}

function named(kind: string, items: Item['responses']): Document[] {
  return Object.entries(items ?? {}).map(
    ([name, found]): Document => ({ ...found, kind, name, parts: null, keys: {}, problems: [], deleted: false }),
  )
}

export function documentOfChanged(item: ChangedItem, known: Document | undefined): Document {
  const { id, kind, name, revision, body, parts, problems, deleted } = item
  return { id, kind, name, builtin: false, revision, body, parts, problems, deleted, keys: item.keys ?? known?.keys ?? {} }
}

export function documentOfStale(item: StaleItem, known: Document): Document {
  return { ...known, revision: item.revision, body: item.body, parts: item.parts, builtin: item.revision === 0 }
}
