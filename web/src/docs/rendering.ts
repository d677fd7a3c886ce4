/** Build side: makes the pages of docs/ into components, and looks where their links lead. */
import { existsSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import mdx from '@mdx-js/rollup'
import rehypeSlug from 'rehype-slug'
import remarkGfm from 'remark-gfm'
import { pageOf } from './pages.ts'
import { words } from './words.ts'

const DOCS = resolve(import.meta.dirname, '../../../docs')
const SHOWN = /^((formats|operations)\/)?[\w-]+\.md$/

/** What we read and write of a node of the text's tree. */
interface Node {
  type: string
  url?: string
  value?: string
  children?: Node[]
  position?: { start: { line: number } } | undefined
}

/** The pages as components: nothing is parsed in the browser, and no markup of theirs is taken as HTML. */
export function pagesOfTheDocs() {
  return mdx({ format: 'md', remarkPlugins: [remarkGfm, linksBetweenPages], rehypePlugins: [rehypeSlug] })
}

function linksBetweenPages() {
  return (tree: Node, file: { path: string }) => follow(tree, file.path)
}

/** Links to shown pages get those's addresses; others become their words; one that leads nowhere ends the build. */
function follow(node: Node, file: string): void {
  node.children = node.children?.flatMap((child) => {
    follow(child, file)
    if (child.type !== 'link') return [child]
    const url = addressOf(child.url ?? '', file, child.position?.start.line)
    return url === null ? (child.children ?? []) : [{ ...child, url, children: named(child.children ?? [], file) }]
  })
}

/** In the repository a link may be called like its file; here pages have titles. */
function named(texts: Node[], file: string): Node[] {
  const page = texts.length === 1 && texts[0]?.type === 'text' ? pageOf(resolve(dirname(file), texts[0].value ?? '')) : null
  return page === null ? texts : [{ type: 'text', value: words.page[page].title }]
}

/** The address in the product that a link of a file means, or the part of the page itself; null where it leads out of the shown pages. */
export function addressOf(url: string, file: string, line = 0): string | null {
  if (url.startsWith('#')) return url
  if (/^[a-z]+:/i.test(url)) return null
  const [path = '', hash] = url.split('#')
  const target = resolve(dirname(file), path)
  const place = relative(DOCS, target)
  // What lies elsewhere is only named; an image is built without it.
  if (place.startsWith('..')) return null
  if (!existsSync(target)) throw new Error(`${file}:${line}: the link to ${url} leads nowhere`)
  const page = pageOf(target)
  return page !== null && SHOWN.test(place) ? `/docs/${page}${hash === undefined ? '' : `#${hash}`}` : null
}
