import { expect, it } from 'vitest'
import { partNames } from './partNames'

it('calls a part by its file, with folders only where two have the same name', () => {
  expect(partNames(['data/nlu/en/greetings.yml', 'data/nlu/de/greetings.yml', 'domain.yml'])).toEqual(['en/greetings.yml', 'de/greetings.yml', 'domain.yml'])
  expect(partNames(['a/x/nlu.yml', 'b/x/nlu.yml', 'nlu.yml'])).toEqual(['a/x/nlu.yml', 'b/x/nlu.yml', 'nlu.yml'])
  expect(partNames(['data/nlu.yml', 'data/nlu.yml'])).toEqual(['nlu.yml', 'nlu.yml'])
  expect(partNames([])).toEqual([])
})
