import { describe, expect, it } from 'vitest'
import { placeInWords } from './place'

describe('a place in an item is said as people say it', () => {
  it.each([
    ['flow', null, '/steps/2/next', 'step 3, next'],
    ['flow', null, '/steps/2/next/0/then/1/action', 'step 3, branch 1, step 2, action'],
    ['flow', 'steps-0f0f0f0f', '/steps/0/ask_before_filling', 'step 1, ask before filling'],
    ['flow', 'ask_town', '/steps/1/rejections/0/if', 'step ask_town, rule 1, if'],
    ['flow', 'ask_town', '', 'step ask_town'],
    ['flow', null, '/description', 'description'],
    ['flow', null, '/persisted_slots/0', 'persisted slots'],
    ['response', null, '/0/text', 'variation 1, text'],
    ['response', null, '/1/buttons/2/payload', 'variation 2, button 3, payload'],
    ['response', null, '/0/condition/0/name', 'variation 1, condition 1, name'],
    ['intent', null, '/examples/3', 'example 4'],
    ['slot', null, '/mappings', 'mappings'],
    ['slot', null, '/mappings/0/entity', 'mapping 1, entity'],
    ['config', null, '', ''],
  ])('%s %s %s', (kind, step, path, said) => {
    expect(placeInWords(kind, step, path)).toBe(said)
  })
})
