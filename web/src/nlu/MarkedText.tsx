/** An example as it is said: marked words as chips with their entity. It lies over the field, which is written in as plain text. */
import { Fragment } from 'react'
import { piecesOf } from './examples'

export function MarkedText({ text }: { text: string }) {
  return (
    <span className="marked" aria-hidden="true">
      {piecesOf(text).map(({ said, entity }, i) =>
        entity === null ? (
          <Fragment key={i}>{said}</Fragment>
        ) : (
          <span key={i} className="marked-words">
            {said}
            <span className="marked-entity">{entity}</span>
          </span>
        ),
      )}
    </span>
  )
}
