/** What came in with an import, what is wrong with it, and what was left out. */
import { IconArrowRight, IconCircleCheck } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import type { AssistantSummary, ImportReport } from '../api'
import { Button } from '../ui/controls'
import { Icon } from '../ui/Icon'
import type { Chosen } from './archive'
import { ArchiveCard, Found, FoundFiles, Languages } from './Found'
import { words } from './words'

export function Report({ assistant, report, chosen, wished, onMore }: { assistant: AssistantSummary; report: ImportReport; chosen: Chosen; wished: boolean; onMore: () => void }) {
  return (
    <>
      <div className="body stacks">
        <main className="work import-work" id="work">
          <h1 className="title home-head">{words.report.isHere(assistant.title)}</h1>
          <ArchiveCard chosen={chosen} report={report}>
            <span className="status c-ok small" role="status">
              <Icon of={IconCircleCheck} size={14} />
              {words.report.imported}
            </span>
          </ArchiveCard>
          <Found report={report} assistant={assistant.name} />
        </main>
        <aside className="side-i" aria-label={words.report.theNewAssistant}>
          <h2 className="h">{assistant.title}</h2>
          <p className="mono t3 small">{assistant.name}</p>
          <Languages assistant={assistant} />
          <FoundFiles report={report} chosen={chosen} />
        </aside>
      </div>
      <footer className="acts-b">
        <Button tall look="quiet" onClick={onMore}>
          {words.report.importAnother}
        </Button>
        {wished && <span className="small t2">{words.report.trainsOnceMended}</span>}
        <span className="sp" />
        <Link to="/a/$assistant" params={{ assistant: assistant.name }} className="btn primary form">
          <Icon of={IconArrowRight} />
          {words.report.open(assistant.title)}
        </Link>
      </footer>
    </>
  )
}
