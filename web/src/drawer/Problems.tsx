/** What validation found; each row leads to its place, and offers the fix where there is one. */
import { IconCircleCheck, IconWand } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useLocation } from '@tanstack/react-router'
import { useState } from 'react'
import { api, ApiError, type Problem, type Severity } from '../api'
import { contentChanged, isShown, problemsQuery } from '../app/queries'
import { storeOf } from '../app/stores'
import { useDocumentsState, uuid7 } from '../documents'
import { useAssistant, useMayWrite } from '../frame/assistant'
import { useItemLink } from '../frame/useItemLink'
import { placeInWords } from '../items/place'
import { Button, KindTile, Segmented } from '../ui/controls'
import { SeverityMark } from '../ui/marks'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { toast } from '../ui/toasts'
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
        {problem.fix && problem.item && <Fix problem={problem} />}
        {placed && (
          <span className="hs">
            <KindTile kind={kind} name={name} />
            <span className="mono ell">{name}</span>
          </span>
        )}
        <span className="small t2 ell">{place || (problem.file === name ? '' : problem.file)}</span>
        <span className="small t3 num r">{line ?? ''}</span>
      </span>
    </li>
  )
}

/** Names between backticks or quotes stand out as names. */
export function Message({ text }: { text: string }) {
  return (
    <span className="prob-text">
      {text.split(/(`[^`]+`)/).map((piece, i) =>
        piece.startsWith('`') ? (
          <code key={i} className="mono">
            {piece.slice(1, -1)}
          </code>
        ) : (
          piece
        ),
      )}
    </span>
  )
}

function Fix({ problem }: { problem: Problem }) {
  const { id } = useAssistant()
  const may = useMayWrite(problem.kind ?? '')
  if (!may || !problem.fix || problem.fix.length === 0) return null
  const edits = problem.fix
  const mend = async () => {
    try {
      await api.sendChange(id, { id: uuid7(), command: { name: 'apply-fix', arguments: { code: problem.code, name: problem.name } }, edits })
      await storeOf(id).others.changed(problem.item ? [{ id: problem.item }] : [], (item) => isShown(id, item))
      contentChanged(id)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      toast(IconWand, error.sentence)
    }
  }
  return (
    <Button className="small-btn" onClick={() => void mend()}>
      {words.problems.mend}
    </Button>
  )
}
