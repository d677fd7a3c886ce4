/** What is in a project: its items by kind, what is wrong with them, and its files that are no items. */
import { IconCircleCheck, IconCube, IconFileText, IconFileZip, IconFolderOff, IconGitBranch, IconKey, IconTool } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { AssistantSummary, Counts, ImportProblem, ImportReport, Problem } from '../api'
import { instanceQuery } from '../app/queries'
import { Message } from '../drawer/Problems'
import { languagesOf } from '../frame/assistant'
import { itemAddress } from '../frame/useItemLink'
import { LanguageTags } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { inOrder, lookOf } from '../ui/kinds'
import { SEVERITIES, SeverityMark } from '../ui/marks'
import { bytes, plural } from '../ui/time'
import { neverOf, whyLeftOut, type Chosen, type WhyLeftOut } from './archive'
import { words } from './words'

const SHOWN = 200

/** How many items came in or would. */
export function itemsIn(report: ImportReport): number {
  return Object.values(report.items).reduce((sum, count) => sum + count, 0)
}

/** The chosen archive, with what became of it or can be done with it. */
export function ArchiveCard({ chosen, report, children }: { chosen: Chosen; report: ImportReport | undefined; children: ReactNode }) {
  return (
    <div className="drop">
      <span className="tile k-run">
        <Icon of={IconFileZip} size={20} />
      </span>
      <div className="grow">
        <div className="med">{chosen.name}</div>
        <div className="small t3 num">{[bytes(chosen.archive.size), ...(report ? [plural(report.files.length, 'file')] : [])].join(' · ')}</div>
      </div>
      {children}
    </div>
  )
}

/** `assistant` is the one that has the items already, so that what is wrong leads to where it is mended. */
export function Found({ report, assistant }: { report: ImportReport; assistant: string | null }) {
  const kinds = inOrder(report.items)
  return (
    <>
      <h2 className="h sech">{plural(itemsIn(report), 'item')}</h2>
      <div className="kinds">
        {kinds.map(([kind, count]) => (
          <div key={kind} className="kind">
            <span className={`tile ${lookOf(kind).hue}`}>
              <Icon of={lookOf(kind).icon} size={14} />
            </span>
            <span className="kn num">{count}</span>
            <span className="small t2">{count === 1 ? lookOf(kind).one : lookOf(kind).many}</span>
          </div>
        ))}
      </div>
      <Problems assistant={assistant} problems={report.problems} />
    </>
  )
}

export function Languages({ assistant }: { assistant: AssistantSummary }) {
  return (
    <p className="hs small sech">
      <span className="t2 grow">{words.found.languages}</span>
      <LanguageTags languages={languagesOf(assistant)} />
    </p>
  )
}

/** The files that are no items of the assistant: kept as they are, or left out. */
export function FoundFiles({ report, chosen }: { report: ImportReport; chosen: Chosen }) {
  const { data: instance } = useQuery(instanceQuery)
  const never = neverOf(instance?.left_out ?? { names: [], beginnings: [] })
  const kept = report.files.filter((file) => file.kept)
  return (
    <>
      <FileList title={words.found.keptAsTheyAre} paths={kept.map((file) => file.path)} look={() => ({ icon: IconFileText })} />
      <FileList title={words.found.leftOut} paths={[...report.left_out, ...chosen.skipped]} look={(path) => leftOut(whyLeftOut(path, never))} />
    </>
  )
}

interface FileLook {
  icon: typeof IconFileText
  why?: string
}

const LEFT_OUT_ICONS = { history: IconGitBranch, models: IconCube, secrets: IconKey, tool: IconTool, ignored: IconFolderOff }

function leftOut(reason: WhyLeftOut): FileLook {
  return { icon: LEFT_OUT_ICONS[reason], why: words.found.whyLeftOut[reason] }
}

function FileList({ title, paths, look }: { title: string; paths: readonly string[]; look: (path: string) => FileLook }) {
  if (paths.length === 0) return null
  return (
    <>
      <div className="hs sech">
        <h3 className="h grow">{title}</h3>
        <span className="count">{paths.length}</span>
      </div>
      <ul className="files">
        {paths.slice(0, SHOWN).map((path) => (
          <FileLine key={path} path={path} {...look(path)} />
        ))}
        {paths.length > SHOWN && <li className="small t3">{words.found.andMore(paths.length - SHOWN)}</li>}
      </ul>
    </>
  )
}

function FileLine({ path, icon, why }: FileLook & { path: string }) {
  return (
    <li>
      <Icon of={icon} />
      <span className="grow">
        <span className="mono">{path}</span>
        {why && <span className="t3">{why}</span>}
      </span>
    </li>
  )
}

function Problems({ assistant, problems }: { assistant: string | null; problems: readonly ImportProblem[] }) {
  const counts: Counts = { error: 0, warning: 0, hint: 0 }
  for (const problem of problems) counts[problem.severity]++
  if (problems.length === 0) {
    return (
      <p className="status c-ok sech">
        <Icon of={IconCircleCheck} size={14} />
        {words.found.noProblems}
      </p>
    )
  }
  const order = { error: 0, warning: 1, hint: 2 }
  return (
    <>
      <div className="hs sech">
        <h2 className="h">{words.found.problems}</h2>
        {(['error', 'warning', 'hint'] as const)
          .filter((severity) => counts[severity] > 0)
          .map((severity) => (
            <span key={severity} className={`status small num ${SEVERITIES[severity].colour}`}>
              <Icon of={SEVERITIES[severity].icon} size={14} />
              {plural(counts[severity], SEVERITIES[severity].one)}
            </span>
          ))}
        <span className="sp" />
        {counts.error > 0 && <span className="small t3">{assistant === null ? words.found.comesInWhole : words.found.cameInWhole}</span>}
      </div>
      <ul className="card report-problems">
        {problems
          .toSorted((a, b) => order[a.severity] - order[b.severity])
          .slice(0, SHOWN)
          .map((problem) => (
            <li key={problem.key} className="prob">
              <SeverityMark severity={problem.severity} />
              <Told assistant={assistant} problem={problem} />
              <span className="pi">
                {problem.name !== problem.file && <span className="mono ell">{problem.name ?? ''}</span>}
                <span className={`mono ell${problem.name === problem.file ? '' : ' t3'}`}>{[problem.file, problem.file_line].filter(Boolean).join(':')}</span>
              </span>
            </li>
          ))}
      </ul>
    </>
  )
}

/** What is wrong, as a link to where it is mended. */
function Told({ assistant, problem: { kind, name, step, line, message } }: { assistant: string | null; problem: Problem }) {
  if (assistant === null || kind === null || name === null) return <Message text={message} />
  return (
    <Link {...itemAddress(assistant, { kind, name, step, line: step ? null : line })} className="prob-go">
      <Message text={message} />
    </Link>
  )
}
