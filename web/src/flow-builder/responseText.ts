/** Typing into the first variation of a response, in the language shown. */
import { get, isObject, type Command, type Document, type Json } from '../documents'

/** Where the text stands in the response's body: the translation, where another language than the main one is shown. */
export function textPath(language: string, mainLanguage: string): string {
  return language === mainLanguage ? '/0/text' : `/0/translation/${language}`
}

/** The text as written; a missing translation begins with the main language's text. */
export function writtenText(response: Document, language: string, mainLanguage: string): string | null {
  const text = get(response.body, textPath(language, mainLanguage)) ?? get(response.body, '/0/text')
  return typeof text === 'string' ? text : null
}

/** The names of all responses that a flow may say. */
export function responsesOf(body: Json): ReadonlySet<string> {
  const names = new Set<string>()
  const look = (value: Json): void => {
    if (Array.isArray(value)) for (const each of value) look(each)
    if (!isObject(value)) return
    for (const [key, each] of Object.entries(value)) {
      if ((key === 'action' || key === 'utter') && typeof each === 'string') names.add(each)
      else if (key === 'collect' && typeof each === 'string') names.add(`utter_ask_${each}`)
      else look(each)
    }
  }
  look(body)
  return names
}

export function typeText(response: Document, language: string, mainLanguage: string, text: string): Command {
  const path = textPath(language, mainLanguage)
  const was = get(response.body, path)
  if (language !== mainLanguage && get(response.body, '/0/translation') === undefined) {
    return { name: 'set', item: response.id, at: { path: '/0/translation' }, value: { [language]: text } }
  }
  return { name: 'set', item: response.id, at: { path }, value: text, ...(was === undefined ? {} : { was }) }
}
