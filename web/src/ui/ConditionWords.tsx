import type { Word } from '../api'

/** A condition as the server words it: slots as chips, values as tags. */
export function ConditionWords({ words }: { words: readonly Word[] }) {
  return (
    <span className="words">
      {words.map((word, i) => (
        <span key={i} className={{ slot: 'slot', context: 'slot', value: 'tag line', operator: 't3', join: 'med', paren: 't3' }[word.role]}>
          {word.text}
        </span>
      ))}
    </span>
  )
}
