/** A flow document as the canvas shows it: captions, line counts, label widths, layout. Pure. */
import type { Condition, Word } from '../api'
import { get, isObject, type Document, type JsonObject } from '../documents'
import { captionOf, type Caption, type Surroundings } from './captions'
import { layoutFlow, lineCount, monoWidth, textWidth, type Layout } from './layout'
import { words as texts } from './words'

/** Width of a node's text in pixels: 240 less its padding and borders. */
const TEXT_WIDTH = 214
const TEXT_SIZE = 13
const LABEL_SIZE = 12
const LABEL_PADDING = 28
export const LONGEST_LABEL = 240
const CONNECT_ICON = 18
export const LONGEST_CONNECT = 170

export interface FlowView {
  layout: Layout
  captions: ReadonlyMap<string, Caption>
  /** Steps by their keys, as the document holds them. */
  steps: ReadonlyMap<string, JsonObject>
}

export function viewOf(document: Document, around: Surroundings): FlowView {
  const steps = new Map<string, JsonObject>()
  const captions = new Map<string, Caption>()
  const lines = new Map<string, 0 | 1 | 2>()
  for (const [pointer, key] of Object.entries(document.keys)) {
    const step = get(document.body, pointer)
    if (!isObject(step)) continue
    const caption = captionOf(step, around)
    steps.set(key, step)
    captions.set(key, caption)
    lines.set(key, caption.mono ? 1 : lineCount(caption.runs, TEXT_SIZE, TEXT_WIDTH))
  }
  const labels = {
    condition: (text: string | null) => (text === null ? 44 : Math.min(LONGEST_LABEL, LABEL_PADDING + wordsWidth(wordsOf(text, around.condition(text))))),
    connect: (key: string) => Math.min(LONGEST_CONNECT, LABEL_PADDING + CONNECT_ICON + textWidth(texts.captions.to(nameOf(key, captions)), LABEL_SIZE)),
  }
  return { layout: layoutFlow(document.body, document.keys, lines, labels), captions, steps }
}

/** The words of a condition; as written where it can't be read. */
export function wordsOf(text: string, condition: Condition | undefined): readonly Word[] {
  return condition && condition.words.length > 0 && !condition.error ? condition.words : [{ text, role: 'value' }]
}

function wordsWidth(words: readonly Word[]): number {
  const gap = textWidth(' ', LABEL_SIZE)
  return words.reduce((sum, word) => sum + gap + (word.role === 'slot' ? monoWidth(word.text, 11) + 8 : textWidth(word.text, LABEL_SIZE)), -gap)
}

/** How a connection names the step that it leads to. */
export function nameOf(key: string, captions: ReadonlyMap<string, Caption>): string {
  const caption = captions.get(key)
  if (caption === undefined) return key
  return caption.head ?? caption.runs.map((run) => run.text).join('')
}
