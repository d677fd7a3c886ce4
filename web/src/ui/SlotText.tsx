/** A bot's text with its slots as chips; unknown ones red. */
import { Fragment } from 'react'
import { slotRanges } from './slotRanges'

export function SlotText({ text, known }: { text: string; known?: ReadonlySet<string> | undefined }) {
  return (
    <>
      {slotRanges(text).map(({ text: words, slot }, i) =>
        slot === null ? (
          <Fragment key={i}>{words}</Fragment>
        ) : (
          <span key={i} className={known && !known.has(slot) && !slot.startsWith('context.') ? 'slot bad' : 'slot'}>
            {slot}
          </span>
        ),
      )}
    </>
  )
}
