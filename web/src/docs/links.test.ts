/** Every page of the documentation is in the list, and every link of a page leads to a heading that is there. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createElement, type ComponentProps, type ComponentType } from 'react'
import { renderToStaticMarkup } from 'react-dom/server'
import { beforeAll, describe, expect, it } from 'vitest'
import { contentOf, FILES } from './contents'
import { GROUPS, pageOf } from './pages'
import { addressOf } from './rendering'
import { words } from './words'

const ROOT = join(import.meta.dirname, '../../..')
const listed = GROUPS.flatMap((group) => group.pages)
const headings = new Map<string, Set<string>>()
const links: { from: string; href: string }[] = []

beforeAll(async () => {
  for (const page of listed) {
    const content = await contentOf(page)
    const markup = content === null ? '' : renderToStaticMarkup(createElement(content.Text as ComponentType<ComponentProps<'div'>>))
    headings.set(`/docs/${page}`, new Set(Array.from(markup.matchAll(/<h\d id="([^"]+)"/g), ([, id]) => id ?? '')))
    links.push(...Array.from(markup.matchAll(/<a href="([^"]*)"/g), ([, href]) => ({ from: page, href: href ?? '' })))
  }
})

describe('the list of pages', () => {
  it('has every file that is shown once, and no others', () => {
    expect(Object.keys(FILES).map(pageOf).toSorted()).toEqual(listed.toSorted())
    expect(listed.toSorted()).toEqual(Object.keys(words.page).toSorted())
  })
})

describe('links between pages', () => {
  it('lead to headings and pages that are there', () => {
    expect(links.length).toBeGreaterThan(20)
    expect(links.filter(({ from, href }) => {
      const [path = '', hash] = href.split('#')
      const there = headings.get(path === '' ? `/docs/${from}` : path)
      return there === undefined || there.size === 0 || (hash !== undefined && !there.has(hash))
    })).toEqual([])
  })

  const file = join(ROOT, 'docs/formats/project.md')
  it.each([
    ['dialogue.md', '/docs/dialogue'],
    ['../operations/kubernetes.md#rolling-out', '/docs/kubernetes#rolling-out'],
    ['#2-flows', '#2-flows'],
    ['../architecture.md', null],
    ['../decisions/0001-one-package-many-roles.md', null],
    ['../../README.md', null],
    ['https://elsewhere.example/', null],
  ])('have addresses in the product: %s', (url, address) => {
    expect(addressOf(url, file)).toBe(address)
  })

  it('to a file that is not there end the build', () => {
    expect(() => addressOf('gone.md', file, 7)).toThrow('project.md:7: the link to gone.md leads nowhere')
  })
})

it('the image is built with the pages', () => {
  const images = join(ROOT, 'deploy/images')
  expect(readFileSync(join(images, 'Dockerfile'), 'utf-8')).toContain('COPY docs /docs\n')
  expect(readFileSync(join(images, 'Dockerfile.dockerignore'), 'utf-8').split('\n')).toContain('!docs')
})
