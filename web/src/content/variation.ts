/** Reading a response's variations; everything that the form has no field for is left alone. */
import { isObject, type Json, type JsonObject } from '../documents'

export interface ButtonView {
  title: string
  payload: string
  /** Of a link; then it sends nothing. */
  url: string | undefined
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
  image: string | undefined
  custom: Json | undefined
  metadata: JsonObject
  /** Members that are edited as values: those without a field of their own, or of a shape that it can't show. */
  values: readonly string[]
}

/** Members whose field shows texts only. */
const TEXTS = new Set(['text', 'channel', 'image', 'id'])
const OTHERS = new Set(['translation', 'condition', 'buttons'])
const METADATA = new Set(['rephrase', 'rephrase_prompt', 'template'])

export function variationsOf(body: Json): VariationView[] {
  return Array.isArray(body) ? body.map(variationOf) : []
}

function variationOf(value: Json): VariationView {
  const body = objectOr(value)
  const { text, condition, channel, buttons, image } = body
  return {
    text: textOr(text),
    translation: objectOr(body['translation']),
    condition: condition === undefined ? undefined : typeof condition === 'string' ? condition : null,
    channel: textOr(channel),
    buttons: Array.isArray(buttons) ? buttons.map(buttonOf) : [],
    image: textOr(image),
    custom: body['custom'],
    metadata: objectOr(body['metadata']),
    values: Object.keys(body).filter((key) => isValue(key, body[key])),
  }
}

function isValue(key: string, value: Json | undefined): boolean {
  if (TEXTS.has(key)) return typeof value !== 'string'
  if (key === 'metadata') return !isObject(value) || Object.keys(value).some((member) => !METADATA.has(member))
  return !OTHERS.has(key) || (key === 'condition' && typeof value !== 'string')
}

function buttonOf(value: Json): ButtonView {
  const button = objectOr(value)
  return { title: stringOr(button['title']), payload: stringOr(button['payload']), url: textOr(button['url']), translation: objectOr(button['translation']) }
}

function textOr(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
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

/** Whether the chat would make a link of an address; it may hold slots, which are filled later. */
export function isAddress(address: string): boolean {
  return /^(https?:\/\/|mailto:|tel:|\{)\S+$/i.test(address)
}
