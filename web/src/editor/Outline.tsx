/** What stands in a text, beside it: the section of the cursor is marked, and each leads to its line. */
import { memo, useDeferredValue, useEffect, useMemo, useRef } from 'react'
import { Rows } from '../focus/Rows'
import { Icon } from '../ui/Icon'
import { STEPS } from '../ui/kinds'
import { SeverityMark } from '../ui/marks'
import type { LineProblem } from './CodeEditor'
import { outlineOf, sectionAt, type Section } from './outline'
import { words } from './words'
import type { YamlText } from './yamlText'

interface Props {
  text: YamlText
  kind: string
  /** Where the cursor is. */
  line: number
  problems: readonly LineProblem[]
  onGo: (line: number) => void
}

/** Is made anew only for another line: columns are nothing to it. */
export const Outline = memo(function Outline({ text, kind, line, problems, onGo }: Props) {
  // Typing goes first.
  const settled = useDeferredValue(text)
  const sections = useMemo(() => outlineOf(settled, kind), [settled, kind])
  const worst = useMemo(() => worstBySection(sections, problems), [sections, problems])
  const current = sectionAt(sections, line)
  const row = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    row.current?.scrollIntoView({ block: 'nearest' })
  }, [current])
  if (sections.length < 2) return null
  const title = kind === 'flow' ? words.steps : words.outline
  return (
    <div className="outline">
      <div className="head">
        <h2 className="h small grow">{title}</h2>
        <span className="micro t3">{words.followsTheCursor}</span>
      </div>
      <Rows className="scroll" label={title}>
        {sections.map((section, i) => {
          const severity = worst.get(i)
          return (
            // Two sections may say the same: only their place tells them apart.
            // oxlint-disable-next-line react/no-array-index-key
            <button key={i} ref={i === current ? row : null} type="button" className={i === current ? 'row sel' : 'row'} aria-current={i === current || undefined} onClick={() => onGo(section.line)}>
              <Name section={section} />
              {severity && <SeverityMark severity={severity} size={14} />}
              <span className="micro t3 num">{section.line}</span>
            </button>
          )
        })}
      </Rows>
    </div>
  )
})

function Name({ section: { label, step, inner } }: { section: Section }) {
  const look = step === null || step === 'unknown' ? null : STEPS[step]
  return (
    <>
      {look && (
        <span className={`tile ${look.hue}`}>
          <Icon of={look.icon} size={14} />
        </span>
      )}
      <span className={`grow ell${label === '' ? ' t2' : ' mono'}${inner ? ' outline-inner' : ''}`}>{label === '' ? (look?.one ?? words.nameless) : label}</span>
    </>
  )
}

const ORDER = ['hint', 'warning', 'error'] as const

function worstBySection(sections: readonly Section[], problems: readonly LineProblem[]): ReadonlyMap<number, LineProblem['severity']> {
  const worst = new Map<number, LineProblem['severity']>()
  for (const { line, severity } of problems) {
    const at = sectionAt(sections, line)
    const before = worst.get(at)
    if (before === undefined || ORDER.indexOf(severity) > ORDER.indexOf(before)) worst.set(at, severity)
  }
  return worst
}
