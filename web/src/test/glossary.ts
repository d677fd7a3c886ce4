/** Words that people elsewhere use for what the glossary (docs/architecture.md) calls otherwise, with its own word. */
const OTHERWISE: readonly (readonly [RegExp, string])[] = [
  [/\b(?:chatbots?|bots?(?!'s `assistant_id`)|virtual assistants?|workspaces?)\b/i, 'assistant'],
  [/\b(?:skills?|workflows?|dialog flows?|storyboards?)\b/i, 'flow'],
  [/\b(?:nodes?|blocks?)\b/i, 'step'],
  [/\bvariables?\b/i, 'slot'],
  [/\b(?:utterances?|phrases?)\b/i, 'message, response or example'],
  [/\b(?:dialogs?|chat sessions?)\b/i, 'conversation or chat'],
  [/\b(?:issues?|bugs?)\b/i, 'problem'],
  [/\b(?:releases?|builds?)\b/i, 'version'],
  [/\bcommits?\b/i, 'change'],
  [/\b(?:(?:logged|logging|to log|you log) (?:in|out|on|off)|log(?:in|out|on|off)s?)\b/i, 'sign in, sign out'],
  [/\b(?:accounts?|profiles?)\b/i, 'user or person'],
]

/** The words of a text that the glossary has another one for, each with that one. */
export function otherwise(text: string): string[] {
  return OTHERWISE.flatMap(([pattern, word]) => {
    const found = pattern.exec(text)?.[0]
    return found === undefined ? [] : [`${found}: say ${word}`]
  })
}
