/** The texts of the pages, each a piece of its own that is loaded when it is opened. */
import type { ComponentType } from 'react'
import { pageOf } from './pages'
import { words } from './words'

/** A text made into a component at build time (rendering.ts), with components of ours for its elements. */
export type Text = ComponentType<{ components?: Record<string, ComponentType<never>> }>

export const FILES = import.meta.glob<{ default: Text }>([
  '../../../docs/*.md',
  '../../../docs/{formats,operations}/*.md',
  '!../../../docs/{architecture,performance}.md',
])
const LOADS = new Map(Object.entries(FILES).map(([file, load]) => [pageOf(file), load]))

/** The page's title and text; null where there is no such page. */
export async function contentOf(name: string): Promise<{ title: string; Text: Text } | null> {
  const page = pageOf(`${name}.md`)
  const load = LOADS.get(page)
  if (page === null || load === undefined) return null
  const { default: Text } = await load()
  return { title: words.page[page].title, Text }
}
