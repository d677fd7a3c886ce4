/** Widths of text without a browser: counts the lines of a caption as the canvas will show them. */
import { FIRST_CODE_POINT, INTER_ADVANCES, INTER_EXTRA, MONO_ADVANCE } from './inter-advances'

/** Characters that the table lacks (other scripts) are taken as wide as the type size. */
const UNKNOWN_ADVANCE = 1000

/** Width in pixels of `text` set in Inter at `size` pixels. */
export function textWidth(text: string, size: number): number {
  let sum = 0
  for (const character of text) {
    const index = (character.codePointAt(0) ?? 0) - FIRST_CODE_POINT
    sum += INTER_ADVANCES[index] || INTER_EXTRA[character] || UNKNOWN_ADVANCE
  }
  return (sum * size) / 1000
}

/** Width in pixels of `text` set in JetBrains Mono at `size` pixels. */
export function monoWidth(text: string, size: number): number {
  return ([...text].length * MONO_ADVANCE * size) / 1000
}

/** One run of a caption: plain text, or a chip such as a slot's name. */
export interface Run {
  text: string
  chip: boolean
}

const CHIP_PADDING = 8
const CHIP_SIZE = 12

function runWidth(word: string, chip: boolean, size: number): number {
  return chip ? monoWidth(word, CHIP_SIZE) + CHIP_PADDING : textWidth(word, size)
}

/** How many lines (1 or 2) `runs` take at `size` pixels in `width` pixels; more than two are cut by the style. */
export function lineCount(runs: readonly Run[], size: number, width: number): 0 | 1 | 2 {
  let used = 0
  let seen = false
  for (const run of runs) {
    const words = run.chip ? [run.text] : run.text.split(/(\s+)/)
    for (const word of words) {
      if (word === '') continue
      seen = true
      if (word.includes('\n')) return 2
      used += runWidth(word, run.chip, size)
      if (used > width && word.trim() !== '') return 2
    }
  }
  return seen ? 1 : 0
}
