/** Above a text: its file, the keys around the cursor, and where that is. Follows silently, as the text's own lines are read out. */
import type { Text } from '@codemirror/state'
import { useMemo, type ReactNode } from 'react'
import { pathAt, positionAt } from './path'
import { words } from './words'
import type { YamlText } from './yamlText'

/** What the editor holds, and where its cursor is. */
export interface Reading {
  doc: Text
  /** null where it isn't YAML. */
  text: YamlText | null
  /** An offset. */
  at: number
}

interface Props {
  file: string
  /** What the text is one of; null where it is all of its file. */
  item: string | null
  /** null until the editor stands. */
  reading: Reading | null
  /** Stands between both. */
  children?: ReactNode
}

export function Crumb({ file, item, reading, children }: Props) {
  const parts = useMemo(() => pathOf(reading, item), [reading, item])
  // What is below the last name tells where one is; what is above it, one knows.
  const near = Math.min(parts.findLastIndex(({ named }) => named) + 1, parts.length - 1)
  const position = reading && positionAt(reading.doc, reading.at)
  return (
    <div className="crumb small t3">
      <span className="crumb-path ell grow">
        <bdi dir="ltr">
          <span className="mono">{file}</span>
          {parts.map(({ label, named }, i) => (
            // Two keys may say the same: only their place tells them apart.
            // oxlint-disable-next-line react/no-array-index-key
            <span key={i} className={i >= near ? 't2' : undefined}>
              <span className="crumb-sep"> › </span>
              <span className={named ? 'mono' : undefined}>{label}</span>
            </span>
          ))}
        </bdi>
      </span>
      {children}
      {position && <span className="num">{words.position(position.line, position.column)}</span>}
    </div>
  )
}

function pathOf(reading: Reading | null, item: string | null) {
  if (reading?.text) return pathAt(reading.text, reading.at, item)
  return item === null ? [] : [{ label: item, named: true }]
}
