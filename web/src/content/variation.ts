/** Reading a response's variations; everything that the form has no field for is left alone. */
import { isObject, type Json, type JsonObject } from '../documents'

export interface ButtonView {
  title: string
  payload: string
  /** By language: a title, or an object with a title. */
  translation: JsonObject
}

/** What a button says in another language, and where that stands inside the button. */
export function translatedTitle({ translation }: ButtonView, language: string): { title: string | undefined; path: string } {
  const found = translation[language]
  if (typeof found === 'string') return { title: found, path: `/translation/${language}` }
  const title = isObject(found) ? found['title'] : undefined
  return { title: typeof title === 'string' ? title : undefined, path: `/translation/${language}/title` }
}

export interface VariationView {
  text: string | undefined
  translation: JsonObject
  /** As text; null where it is the old list form. */
  condition: string | null | undefined
  channel: string | undefined
  buttons: readonly ButtonView[]
  /** Names of members that only the YAML view edits. */
  more: readonly string[]
}

const SHOWN = new Set(['text', 'translation', 'condition', 'channel', 'buttons', 'id', 'metadata'])

export function variationsOf(body: Json): VariationView[] {
  return Array.isArray(body) ? body.map(variationOf) : []
}

function variationOf(value: Json): VariationView {
  if (!isObject(value)) return { text: undefined, translation: {}, condition: undefined, channel: undefined, buttons: [], more: [] }
  const { text, condition, channel, buttons } = value
  return {
    text: typeof text === 'string' ? text : undefined,
    translation: objectOr(value['translation']),
    condition: condition === undefined ? undefined : typeof condition === 'string' ? condition : null,
    channel: typeof channel === 'string' ? channel : undefined,
    buttons: Array.isArray(buttons) ? buttons.map(buttonOf) : [],
    more: Object.keys(value).filter((key) => !SHOWN.has(key)),
  }
}

function buttonOf(value: Json): ButtonView {
  const button = objectOr(value)
  return { title: stringOr(button['title']), payload: stringOr(button['payload']), translation: objectOr(button['translation']) }
}

function objectOr(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {}
}

function stringOr(value: Json | undefined): string {
  return typeof value === 'string' ? value : value === undefined || value === null ? '' : JSON.stringify(value)
}

/** What a text says in a language; undefined where it says nothing. */
export function inLanguage(own: string | undefined, translation: JsonObject, language: string, assistantLanguage: string): string | undefined {
  if (language === assistantLanguage) return own
  const found = translation[language]
  return typeof found === 'string' && found !== '' ? found : undefined
}
