// @vitest-environment jsdom
import { afterEach, expect, it } from 'vitest'
import { cookieManager } from './colorScheme'

const manager = cookieManager()
afterEach(() => manager.clear())

it('keeps the choice in the cookie of the sign-in pages', () => {
  expect(manager.get('auto')).toBe('auto')
  manager.set('dark')
  expect(document.cookie).toBe('talkwright_theme=dark')
  expect(manager.get('auto')).toBe('dark')
  manager.set('auto')
  expect(document.cookie).toBe('')
})

it('takes what another page chose when one comes back', () => {
  const seen: string[] = []
  manager.subscribe((scheme) => seen.push(scheme))
  document.cookie = 'talkwright_theme=light; Path=/'
  window.dispatchEvent(new Event('focus'))
  manager.unsubscribe()
  document.cookie = 'talkwright_theme=nonsense; Path=/'
  window.dispatchEvent(new Event('focus'))
  expect(seen).toEqual(['light'])
  expect(manager.get('auto')).toBe('auto')
})
