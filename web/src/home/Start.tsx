/** Ways to begin, and where the person left off. */
import { IconBook2, IconFileImport, IconPlus, type Icon as TablerIcon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { assistantsQuery, examplesQuery } from '../app/queries'
import { useLayout, type Visit } from '../frame/layout'
import { Kbd, KindTile } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { shortTime } from '../ui/time'
import { CommandLine } from './CommandLine'
import { useExample } from './useExample'
import { words } from './words'

export function Start({ onCreate, mayImport }: { onCreate: (() => void) | null; mayImport: boolean }) {
  const { data: examples } = useQuery({ ...examplesQuery, enabled: mayImport })
  const { busy, load } = useExample()
  const recent = useKnownVisits()
  const begins = onCreate !== null || mayImport
  if (!begins && recent.length === 0) return null
  return (
    <aside className="side-r" aria-label={words.start.start}>
      {begins && (
        <>
          <h2 className="h">{words.start.start}</h2>
          <div className="acts">
            {onCreate && (
              <button type="button" className="act" onClick={onCreate}>
                <Words icon={IconPlus} hue="k-run" title={words.start.newAssistant} text={words.start.whatANewOneHas} />
                <Kbd>N</Kbd>
              </button>
            )}
            {mayImport && (
              <Link className="act" to="/import">
                <Words icon={IconFileImport} title={words.start.importAProject} text={words.start.whatAProjectIs} />
              </Link>
            )}
            {examples?.map((example) => (
              <button key={example.name} type="button" className="act" aria-busy={busy === example.name} onClick={() => load(example.name)}>
                <Words icon={IconBook2} title={busy === example.name ? words.start.loadingTheExample : words.start.loadTheExample(example.title)} text={example.description} />
              </button>
            ))}
          </div>
          {mayImport && <CommandLine />}
        </>
      )}
      <Recent visits={recent} />
    </aside>
  )
}

function Words({ icon, hue = 'k-end', title, text }: { icon: TablerIcon; hue?: string; title: string; text: string }) {
  return (
    <>
      <span className={`tile tile-28 ${hue}`}>
        <Icon of={icon} />
      </span>
      <span className="grow">
        <span className="med">{title}</span>
        <span className="small t3 act-text">{text}</span>
      </span>
    </>
  )
}

/** Where the person worked lately, as far as it is still there. */
function useKnownVisits(): Visit[] {
  const recent = useLayout((state) => state.recent)
  const { data } = useQuery(assistantsQuery)
  return recent.filter((visit) => data?.items.some((assistant) => assistant.title === visit.assistant)).slice(0, 5)
}

function Recent({ visits }: { visits: readonly Visit[] }) {
  if (visits.length === 0) return null
  return (
    <>
      <h2 className="h recent-head">{words.start.whereYouLeftOff}</h2>
      <div className="recent">
        {visits.map((visit) => (
          <Link key={visit.path} className="rec" to={visit.path}>
            <KindTile kind={visit.kind} name={visit.name} />
            <span className="grow">
              <span className="mono ell">{visit.name}</span>
              <span className="micro t3">{visit.assistant}</span>
            </span>
            <span className="micro t3 num">{shortTime(visit.at)}</span>
          </Link>
        ))}
      </div>
    </>
  )
}
