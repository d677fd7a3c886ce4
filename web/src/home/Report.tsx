/** What came in with an import, what is wrong with it, and what was left out. */
import { IconArrowRight, IconCircleCheck, IconFileText, IconFileZip, IconFolderOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { AssistantSummary, Counts, ImportReport, Problem } from '../api'
import { Message } from '../drawer/Problems'
import { languagesOf } from '../frame/assistant'
import { itemAddress } from '../frame/useItemLink'
import { Button, LanguageTags } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { lookOf } from '../ui/kinds'
import { SEVERITIES, SeverityMark } from '../ui/marks'
import { bytes, plural } from '../ui/time'
import type { Chosen } from './archive'
import { words } from './words'

const SHOWN = 200

export function Report({ assistant, report, chosen, onMore }: { assistant: AssistantSummary; report: ImportReport; chosen: Chosen; onMore: () => void }) {
  const kinds = Object.entries(report.items).filter(([, count]) => count > 0)
  const total = kinds.reduce((sum, [, count]) => sum + count, 0)
  const kept = report.files.filter((file) => file.kept)
  const leftOut = [...report.left_out, ...chosen.skipped]
  return (
    <>
      <div className="body">
        <main className="work import-work" id="work">
          <h1 className="title home-head">{words.report.isHere(assistant.title)}</h1>
          <div className="drop">
            <span className="tile k-run">
              <Icon of={IconFileZip} size={20} />
            </span>
            <div className="grow">
              <div className="med">{chosen.name}</div>
              <div className="small t3 num">{`${bytes(chosen.archive.size)} · ${plural(report.files.length, 'file')}`}</div>
            </div>
            <span className="status c-ok small" role="status">
              <Icon of={IconCircleCheck} size={14} />
              {words.report.imported}
            </span>
          </div>
          <h2 className="h sech">{plural(total, 'item')}</h2>
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
          <Problems assistant={assistant.name} problems={report.problems} />
        </main>
        <aside className="side-i" aria-label={words.report.theNewAssistant}>
          <h2 className="h">{assistant.title}</h2>
          <p className="mono t3 small">{assistant.name}</p>
          <p className="hs small sech">
            <span className="t2 grow">{words.report.languages}</span>
            <LanguageTags languages={languagesOf(assistant)} />
          </p>
          <FileList title={words.report.keptAsTheyAre} icon={IconFileText} paths={kept.map((file) => file.path)} />
          <FileList title={words.report.leftOut} icon={IconFolderOff} paths={leftOut} />
        </aside>
      </div>
      <footer className="acts-b">
        <Button tall look="quiet" onClick={onMore}>
          {words.report.importAnother}
        </Button>
        <span className="sp" />
        <Link to="/a/$assistant" params={{ assistant: assistant.name }} className="btn primary form">
          <Icon of={IconArrowRight} />
          {words.report.open(assistant.title)}
        </Link>
      </footer>
    </>
  )
}

function FileList({ title, icon, paths }: { title: string; icon: typeof IconFileText; paths: readonly string[] }) {
  if (paths.length === 0) return null
  return (
    <>
      <div className="hs sech">
        <h3 className="h grow">{title}</h3>
        <span className="count">{paths.length}</span>
      </div>
      <ul className="files">
        {paths.slice(0, SHOWN).map((path) => (
          <li key={path}>
            <Icon of={icon} />
            <span className="mono grow">{path}</span>
          </li>
        ))}
        {paths.length > SHOWN && <li className="small t3">{words.report.andMore(paths.length - SHOWN)}</li>}
      </ul>
    </>
  )
}

function Problems({ assistant, problems }: { assistant: string; problems: readonly Problem[] }) {
  const counts: Counts = { error: 0, warning: 0, hint: 0 }
  for (const problem of problems) counts[problem.severity]++
  if (problems.length === 0) {
    return (
      <p className="status c-ok sech">
        <Icon of={IconCircleCheck} size={14} />
        {words.report.noProblems}
      </p>
    )
  }
  const order = { error: 0, warning: 1, hint: 2 }
  return (
    <>
      <div className="hs sech">
        <h2 className="h">{words.report.problems}</h2>
        {(['error', 'warning', 'hint'] as const)
          .filter((severity) => counts[severity] > 0)
          .map((severity) => (
            <span key={severity} className={`status small num ${SEVERITIES[severity].colour}`}>
              <Icon of={SEVERITIES[severity].icon} size={14} />
              {plural(counts[severity], SEVERITIES[severity].one)}
            </span>
          ))}
        <span className="sp" />
        {counts.error > 0 && <span className="small t3">{words.report.cameInWhole}</span>}
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
                <span className={`mono ell${problem.name === problem.file ? '' : ' t3'}`}>{[problem.file, problem.line].filter(Boolean).join(':')}</span>
              </span>
            </li>
          ))}
      </ul>
    </>
  )
}

/** What is wrong, as a link to where it is mended. */
function Told({ assistant, problem: { kind, name, step, line, message } }: { assistant: string; problem: Problem }) {
  if (kind === null || name === null) return <Message text={message} />
  return (
    <Link {...itemAddress(assistant, { kind, name, step, line: step ? null : line })} className="prob-go">
      <Message text={message} />
    </Link>
  )
}
