// @vitest-environment jsdom
import { afterEach, beforeEach, expect, it } from 'vitest'
import { nameCutTexts } from './cutTitles'

let stop = () => {}
beforeEach(() => {
  stop = nameCutTexts()
})
afterEach(() => {
  stop()
  document.body.replaceChildren()
})

/** A text with a style, which takes more room than it has as told: jsdom measures nothing. */
function text(style: string, { width = 0, height = 0 }) {
  const element = document.createElement('span')
  element.textContent = 'All of\n  the text'
  element.style.cssText = style
  Object.defineProperties(element, { scrollWidth: { value: 100 + width }, clientWidth: { value: 100 }, scrollHeight: { value: 36 + height }, clientHeight: { value: 36 } })
  document.body.append(element)
  element.dispatchEvent(new MouseEvent('pointerover', { bubbles: true }))
  return element
}

const ONE_LINE = 'text-overflow: ellipsis'
const TWO_LINES = '-webkit-line-clamp: 2'

it.each([
  ['at its line’s end', ONE_LINE, { width: 20 }],
  ['after some lines', TWO_LINES, { height: 18 }],
])('a text that is cut %s says all of itself', (_, style, more) => {
  expect(text(style, more).title).toBe('All of the text')
})

it.each([
  ['fits', TWO_LINES, {}],
  ['scrolls', '', { width: 20, height: 18 }],
  ['has one line and stands higher', ONE_LINE, { height: 18 }],
])('a text that %s has no title', (_, style, more) => {
  expect(text(style, more).title).toBe('')
})
