/** Texts that the server could not read: kept here until it can, or the person goes back to the saved ones. Pure. */
import type { Document } from './document'

/** A text of a file part, as typed, and why it could not be read. */
export interface Draft {
  source: string
  title: string
  detail: string
  line: number | null
}

export type Drafts = Readonly<Record<string, Draft>>

export function draftKey(item: string, part: number): string {
  return `${item}/${part}`
}

/** The texts that the server could not read and that have a place still, as far as is known here. */
export function unreadTexts({ drafts, documents }: { drafts: Drafts; documents: Readonly<Record<string, Document>> }): { key: string; item: string; line: number | null }[] {
  return Object.entries(drafts).flatMap(([key, { line }]) => {
    const at = key.lastIndexOf('/')
    const [item, part] = [key.slice(0, at), Number(key.slice(at + 1))]
    const document = documents[item]
    const gone = document !== undefined && (document.deleted || (document.parts !== null && part >= document.parts.length))
    return gone ? [] : [{ key, item, line }]
  })
}
