/**
 * The pages that people read in the product, in the order of the list: what users and operators need. What is for those
 * who change Talkwright itself (architecture, performance, decisions) stays in the repository, beside the code it is about.
 */
import { words } from './words.ts'

export type PageName = keyof typeof words.page

export const GROUPS: readonly { title: string; pages: readonly PageName[] }[] = [
  { title: words.groups.building, pages: ['first-project', 'rules-and-forms', 'search', 'language-models', 'local-understanding'] },
  { title: words.groups.formats, pages: ['project', 'dialogue', 'files', 'e2e', 'scenarios', 'engine-api', 'compatibility'] },
  { title: words.groups.running, pages: ['operating', 'settings', 'engine-stores', 'engines', 'kubernetes', 'model-service'] },
]

/** The address of a page is its file's name: no two files have the same. */
export function pageOf(file: string): PageName | null {
  const name = /([\w-]+)\.md$/.exec(file)?.[1] ?? ''
  return Object.hasOwn(words.page, name) ? (name as PageName) : null
}
