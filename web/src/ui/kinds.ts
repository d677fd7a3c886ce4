/** How each kind of content and each kind of step is called and shown, everywhere the same. */
import {
  IconArrowsSplit2,
  IconBolt,
  IconCornerUpRight,
  IconEqual,
  IconFileCode,
  IconFileText,
  IconForms,
  IconListSearch,
  IconLock,
  IconMessage2,
  IconPlug,
  IconRegex,
  IconRepeat,
  IconRoute,
  IconSettings,
  IconSparkles,
  IconTags,
  IconTestPipe,
  IconTextRecognition,
  IconTransform,
  type Icon,
} from '@tabler/icons-react'
import { words } from './words'

export interface KindLook {
  /** One of them, as a word in a sentence's start. */
  one: string
  many: string
  icon: Icon
  /** The hue, as a class of base.css. */
  hue: string
}

export const KINDS: Readonly<Record<string, KindLook>> = {
  flow: { ...words.kinds.flow, icon: IconRoute, hue: 'k-link' },
  response: { ...words.kinds.response, icon: IconMessage2, hue: 'k-message' },
  slot: { ...words.kinds.slot, icon: IconEqual, hue: 'k-set' },
  action: { ...words.kinds.action, icon: IconBolt, hue: 'k-action' },
  intent: { ...words.kinds.intent, icon: IconTextRecognition, hue: 'k-logic' },
  entity: { ...words.kinds.entity, icon: IconTags, hue: 'k-collect' },
  synonym: { ...words.kinds.synonym, icon: IconTransform, hue: 'k-logic' },
  regex: { ...words.kinds.regex, icon: IconRegex, hue: 'k-logic' },
  lookup: { ...words.kinds.lookup, icon: IconListSearch, hue: 'k-logic' },
  prompt: { ...words.kinds.prompt, icon: IconSparkles, hue: 'k-pattern' },
  config: { ...words.kinds.config, icon: IconSettings, hue: 'k-end' },
  endpoints: { ...words.kinds.endpoints, icon: IconPlug, hue: 'k-end' },
  credentials: { ...words.kinds.credentials, icon: IconLock, hue: 'k-end' },
  domain: { ...words.kinds.domain, icon: IconFileText, hue: 'k-end' },
  test: { ...words.kinds.test, icon: IconTestPipe, hue: 'k-end' },
  file: { ...words.kinds.file, icon: IconFileCode, hue: 'k-end' },
}

const OTHER: KindLook = { ...words.otherKind, icon: IconFileText, hue: 'k-end' }

export function lookOf(kind: string | null | undefined, name?: string | null): KindLook {
  const look = KINDS[kind ?? ''] ?? OTHER
  return kind === 'flow' && name?.startsWith('pattern_') ? { ...look, one: words.pattern, icon: IconRepeat, hue: 'k-pattern' } : look
}

/** The kinds of steps: hue and icon of nodes, rows and timeline entries. */
export const STEPS = {
  collect: { one: words.steps.collect, icon: IconForms, hue: 'k-collect' },
  message: { one: words.steps.message, icon: IconMessage2, hue: 'k-message' },
  action: { one: words.steps.action, icon: IconBolt, hue: 'k-action' },
  logic: { one: words.steps.logic, icon: IconArrowsSplit2, hue: 'k-logic' },
  set: { one: words.steps.set, icon: IconEqual, hue: 'k-set' },
  link: { one: words.steps.link, icon: IconCornerUpRight, hue: 'k-link' },
  call: { one: words.steps.call, icon: IconRoute, hue: 'k-call' },
} as const

/** Counts by kind in the order above, without kinds of which there is none. */
export function inOrder(counts: Readonly<Record<string, number>>): [string, number][] {
  const order = Object.keys(KINDS)
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .toSorted(([one], [other]) => order.indexOf(one) - order.indexOf(other))
}

/** A name as it is said and shown: also one that is empty. */
export function called(name: string): string {
  return name.trim() === '' ? words.unnamed : name
}
