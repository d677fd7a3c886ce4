import { describe, expect, it } from 'vitest'
import type { JsonObject } from '../documents'
import { inLanguage, translatedTitle, variationsOf } from './variation'

function button(translation: JsonObject) {
  return { title: 'Yes', payload: '', url: undefined, translation }
}

describe('a response’s variations', () => {
  it('are read with their buttons; what has no field of its own is edited as a value', () => {
    const [first, second] = variationsOf([
      { text: 'Hi', translation: { de: 'Hallo' }, buttons: [{ title: 'Yes', payload: '/yes' }, { title: 'Site', url: 'https://a.example' }], image: 'a.png', custom: { a: 1 }, channel: 7 },
      { text: 'Hey', condition: [{ type: 'slot', name: 'a', value: 1 }] },
    ])
    expect(first).toMatchObject({ text: 'Hi', condition: undefined, image: 'a.png', values: ['custom', 'channel'], buttons: [{ title: 'Yes', payload: '/yes', url: undefined }, { title: 'Site', url: 'https://a.example' }] })
    expect(second).toMatchObject({ condition: null, values: ['condition'] })
    expect(variationsOf([{ metadata: { rephrase: true } }, { metadata: { rephrase: true, by: 'me' } }]).map((variation) => variation.values)).toEqual([[], ['metadata']])
  })

  it('of any other shape are shown as empty instead of failing', () => {
    expect(variationsOf('text')).toEqual([])
    expect(variationsOf([null])[0]?.text).toBeUndefined()
  })

  it('say nothing in a language without a translation', () => {
    expect(inLanguage('Hi', { de: 'Hallo' }, 'de', 'en')).toBe('Hallo')
    expect(inLanguage('Hi', { de: '' }, 'de', 'en')).toBeUndefined()
    expect(inLanguage('Hi', {}, 'en', 'en')).toBe('Hi')
  })

  it('have button titles translated as a text or as an object, each written back where it stood', () => {
    expect(translatedTitle(button({ de: 'Ja' }), 'de')).toEqual({ title: 'Ja', path: '/translation/de' })
    expect(translatedTitle(button({ de: { title: 'Ja' } }), 'de')).toEqual({ title: 'Ja', path: '/translation/de/title' })
    expect(translatedTitle(button({}), 'de')).toEqual({ title: undefined, path: '/translation/de/title' })
  })
})
