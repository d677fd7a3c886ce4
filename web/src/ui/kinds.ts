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

export interface KindLook {
  /** One of them, as a word in a sentence's start. */
  one: string
  many: string
  icon: Icon
  /** The hue, as a class of base.css. */
  hue: string
}

export const KINDS: Readonly<Record<string, KindLook>> = {
  flow: { one: 'Flow', many: 'Flows', icon: IconRoute, hue: 'k-link' },
  response: { one: 'Response', many: 'Responses', icon: IconMessage2, hue: 'k-message' },
  slot: { one: 'Slot', many: 'Slots', icon: IconEqual, hue: 'k-set' },
  action: { one: 'Action', many: 'Actions', icon: IconBolt, hue: 'k-action' },
  intent: { one: 'Intent', many: 'Intents', icon: IconTextRecognition, hue: 'k-logic' },
  entity: { one: 'Entity', many: 'Entities', icon: IconTags, hue: 'k-collect' },
  synonym: { one: 'Synonym', many: 'Synonyms', icon: IconTransform, hue: 'k-logic' },
  regex: { one: 'Regex', many: 'Regexes', icon: IconRegex, hue: 'k-logic' },
  lookup: { one: 'Lookup', many: 'Lookups', icon: IconListSearch, hue: 'k-logic' },
  prompt: { one: 'Prompt', many: 'Prompts', icon: IconSparkles, hue: 'k-pattern' },
  config: { one: 'Configuration', many: 'Configuration', icon: IconSettings, hue: 'k-end' },
  endpoints: { one: 'Endpoints', many: 'Endpoints', icon: IconPlug, hue: 'k-end' },
  credentials: { one: 'Credentials', many: 'Credentials', icon: IconLock, hue: 'k-end' },
  domain: { one: 'Domain', many: 'Domain', icon: IconFileText, hue: 'k-end' },
  test: { one: 'Test', many: 'Tests', icon: IconTestPipe, hue: 'k-end' },
  file: { one: 'File', many: 'Other files', icon: IconFileCode, hue: 'k-end' },
}

const OTHER: KindLook = { one: 'Item', many: 'Items', icon: IconFileText, hue: 'k-end' }

export function lookOf(kind: string | null | undefined, name?: string | null): KindLook {
  const look = KINDS[kind ?? ''] ?? OTHER
  return kind === 'flow' && name?.startsWith('pattern_') ? { ...look, one: 'Pattern', icon: IconRepeat, hue: 'k-pattern' } : look
}

/** The kinds of steps: hue and icon of nodes, rows and timeline entries. */
export const STEPS = {
  collect: { one: 'Collect', icon: IconForms, hue: 'k-collect' },
  message: { one: 'Message', icon: IconMessage2, hue: 'k-message' },
  action: { one: 'Action', icon: IconBolt, hue: 'k-action' },
  logic: { one: 'Logic', icon: IconArrowsSplit2, hue: 'k-logic' },
  set: { one: 'Set slots', icon: IconEqual, hue: 'k-set' },
  link: { one: 'Link', icon: IconCornerUpRight, hue: 'k-link' },
  call: { one: 'Call', icon: IconRoute, hue: 'k-call' },
} as const
