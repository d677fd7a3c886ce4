/** What a step says on the canvas: its head, and a caption of plain text and chips. Pure. */
import { slotRanges } from '../ui/slotRanges'
import type { Condition } from '../api'
import { isObject, type Json, type JsonObject } from '../documents'
import { stepKind, type Run, type StepKind } from './layout'
import { words } from './words'

export interface Caption {
  kind: StepKind
  /** Stands beside the kind, in mono: the slot that is asked for. */
  head: string | null
  runs: Run[]
  /** The whole caption is a name and set in mono. */
  mono: boolean
  /** The response whose text the caption is, so that it can be edited in place. */
  response: string | null
}

/** What captions read besides the flow: responses by name, conditions by text, and the language shown. */
export interface Surroundings {
  response: (name: string) => Json | undefined
  condition: (text: string) => Condition | undefined
  language: string
  mainLanguage: string
}

export function captionOf(step: JsonObject, around: Surroundings): Caption {
  const kind = stepKind(step)
  const caption = { kind, head: null, mono: false, response: null }
  const named = (name: unknown): Caption => ({ ...caption, mono: true, runs: [{ text: String(name ?? ''), chip: false }] })
  switch (kind) {
    case 'collect': {
      const slot = String(step['collect'])
      return { ...spoken(String(step['utter'] ?? `utter_ask_${slot}`), caption, around), head: slot }
    }
    case 'message':
      return spoken(String(step['action']), caption, around)
    case 'action':
      return named(step['action'])
    case 'link':
    case 'call':
      return named(step[kind])
    case 'set':
      return { ...caption, runs: assignments(step['set_slots']) }
    case 'logic':
      return { ...caption, runs: dependsOn(step, around) }
    default:
      return named(Object.keys(step)[0])
  }
}

function spoken(name: string, caption: Omit<Caption, 'runs'>, around: Surroundings): Caption {
  const text = responseText(around.response(name), around)
  return text === null ? { ...caption, mono: true, runs: [{ text: name, chip: false }] } : { ...caption, response: name, runs: runsOf(text) }
}

/** The text of a response's first variation, in the language shown where it has one. */
export function responseText(body: Json | undefined, { language, mainLanguage }: Pick<Surroundings, 'language' | 'mainLanguage'>): string | null {
  const first = Array.isArray(body) ? body[0] : undefined
  if (!isObject(first)) return null
  const translation = first['translation']
  const translated = language !== mainLanguage && isObject(translation) ? translation[language] : undefined
  if (typeof translated === 'string') return translated
  return typeof first['text'] === 'string' ? first['text'] : null
}

/** Cuts a text at its slots: `{amount}` becomes a chip. */
export function runsOf(text: string): Run[] {
  return slotRanges(text).map((range) => ({ text: range.slot ?? range.text, chip: range.slot !== null }))
}

function assignments(value: Json | undefined): Run[] {
  const pairs = Array.isArray(value) ? value.flatMap((entry) => (isObject(entry) ? Object.entries(entry) : [])) : []
  return pairs.flatMap(([slot, set], index): Run[] => [
    ...(index > 0 ? [{ text: ', ', chip: false }] : []),
    { text: slot, chip: true },
    { text: ` = ${set === null ? words.captions.empty : typeof set === 'object' ? JSON.stringify(set) : String(set)}`, chip: false },
  ])
}

function dependsOn(step: JsonObject, around: Surroundings): Run[] {
  const branches = Array.isArray(step['next']) ? step['next'] : []
  const names = new Set<string>()
  for (const branch of branches) {
    const text = isObject(branch) ? branch['if'] : undefined
    if (text === undefined) continue
    for (const word of around.condition(String(text))?.words ?? []) if (word.role === 'slot') names.add(word.name ?? word.text)
  }
  if (names.size === 0) return [{ text: words.captions.goesOnWhereItFits, chip: false }]
  return [{ text: `${words.captions.dependsOn} `, chip: false }, ...[...names].flatMap((name, index): Run[] => [...(index > 0 ? [{ text: ' ', chip: false }] : []), { text: name, chip: true }])]
}
