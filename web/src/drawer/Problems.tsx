/** What validation found; each row leads to its place, and offers the fix where there is one. */
import { IconCircleCheck } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import type { Problem, Severity } from '../api'
import { problemsQuery } from '../app/queries'
import { useDocumentsState } from '../documents'
import { useAssistant, useMayWrite } from '../frame/assistant'
import { canMend, mend } from '../frame/mending'
import { useItemLink } from '../frame/useItemLink'
import { placeInWords } from '../items/place'
import { Button, KindTile, Segmented } from '../ui/controls'
import { called } from '../ui/kinds'
import { SeverityMark } from '../ui/marks'
import { pieces } from '../ui/pieces'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { words } from './words'

export function Problems() {
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery(problemsQuery(id))
  const [shown, setShown] = useState<'all' | Severity>('all')
  if (error && !data) return <Failure what={words.problems.unreadable} error={error} again={() => void refetch()} />
  if (!data) return <SkeletonRows rows={3} widths={[20, 420, 160]} height={44} />
  if (data.items.length === 0) {
    return (
      <Empty icon={IconCircleCheck} hue="k-run" title={words.problems.noProblems}>
        {words.problems.inOrder}
      </Empty>
    )
  }
  const order = { error: 0, warning: 1, hint: 2 }
  const items = data.items.filter((problem) => shown === 'all' || problem.severity === shown).toSorted((a, b) => order[a.severity] - order[b.severity])
  const several = (['error', 'warning', 'hint'] as const).filter((severity) => data.counts[severity] > 0)
  return (
    <>
      {several.length > 1 && (
        <div className="drawer-filter">
          <Segmented
            label={words.problems.whichProblems}
            value={shown}
            onChange={setShown}
            options={[{ value: 'all', label: words.problems.all }, ...several.map((severity) => ({ value: severity, label: `${severity[0]?.toUpperCase()}${severity.slice(1)}s ${data.counts[severity]}` }))]}
          />
        </div>
      )}
      <ul className="plist">
        {items.map((problem) => (
          <Row key={problem.key} problem={problem} />
        ))}
      </ul>
    </>
  )
}

function Row({ problem }: { problem: Problem }) {
  const go = useItemLink()
  const { kind, name, step } = problem
  // The list knows the lines of whole files; an item that is open knows those of its own text.
  const own = useDocumentsState(({ documents }) => (problem.item === null ? undefined : documents[problem.item]?.problems.find(({ key }) => key === problem.key)?.line))
  const line = problem.line ?? own ?? null
  const place = placeInWords(kind, step, problem.path)
  const asText = useLocation({ select: ({ search }) => search.view === 'yaml' })
  const placed = kind !== null && name !== null
  const jump = () => placed && go({ kind, name, step: asText && line ? null : step, line: step && !asText ? null : line })
  return (
    <li className={`prob ${problem.severity === 'error' ? 'err' : problem.severity === 'warning' ? 'warn' : 'hint'}`}>
      <SeverityMark severity={problem.severity} />
      {placed ? (
        <button type="button" className="prob-go" onClick={jump}>
          <Message text={problem.message} />
        </button>
      ) : (
        <Message text={problem.message} />
      )}
      <span className="prob-place">
        {problem.item && <Fix problem={problem} />}
        {placed && (
          <span className="hs">
            <KindTile kind={kind} name={name} />
            <span className="mono ell">{called(name)}</span>
          </span>
        )}
        <span className="small t2 ell">{place || (problem.file === name ? '' : problem.file)}</span>
        <span className="small t3 num r">{line ?? ''}</span>
      </span>
    </li>
  )
}

/** Names stand out as names. */
export function Message({ text }: { text: string }) {
  return (
    <span className="prob-text">
      {pieces(text).map((piece, i) =>
        piece.isName ? (
          <code key={i} className="mono">
            {piece.text}
          </code>
        ) : (
          piece.text
        ),
      )}
    </span>
  )
}

function Fix({ problem }: { problem: Problem }) {
  const { id } = useAssistant()
  const may = useMayWrite(problem.kind ?? '')
  if (!may || !canMend(problem)) return null
  return (
    <Button className="small-btn" onClick={() => void mend(id, problem)}>
      {words.problems.mend}
    </Button>
  )
}
