/** A bot's text with its slots as chips; unknown ones red. */
import { Fragment } from 'react'
import { useUnknownSlot } from './knownSlots'
import { slotRanges } from './slotRanges'

export function SlotText({ text }: { text: string }) {
  const isUnknownSlot = useUnknownSlot()
  // Statements of a template may make names of their own.
  const isUnknown = (slot: string) => !text.includes('{%') && isUnknownSlot(slot)
  return (
    <>
      {slotRanges(text).map(({ text: words, slot }, i) =>
        slot === null ? (
          <Fragment key={i}>{words}</Fragment>
        ) : (
          <span key={i} className={isUnknown(slot) ? 'slot bad' : 'slot'}>
            {slot}
          </span>
        ),
      )}
    </>
  )
}
