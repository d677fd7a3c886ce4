/** Ways to begin, and where the person left off. */
import { IconBook2, IconFileImport, IconPlus, type Icon as TablerIcon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { assistantsQuery, examplesQuery } from '../app/queries'
import { useLayout } from '../frame/layout'
import { Kbd, KindTile } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { shortTime } from '../ui/time'
import { useExample } from './useExample'
import { words } from './words'

export function Start({ onCreate, mayImport }: { onCreate: (() => void) | null; mayImport: boolean }) {
  const { data: examples } = useQuery({ ...examplesQuery, enabled: mayImport })
  const { busy, load } = useExample()
  return (
    <aside className="side-r" aria-label={words.start.start}>
      {(onCreate || mayImport) && (
        <>
          <h2 className="h">{words.start.start}</h2>
          <div className="acts">
            {onCreate && (
              <button type="button" className="act" onClick={onCreate}>
                <Words icon={IconPlus} hue="k-run" title={words.start.newAssistant} text="Title, language, first flow" />
                <Kbd>N</Kbd>
              </button>
            )}
            {mayImport && (
              <Link className="act" to="/import">
                <Words icon={IconFileImport} title={words.start.importAProject} text="Folder or archive with flows" />
              </Link>
            )}
            {examples?.map((example) => (
              <button key={example.name} type="button" className="act" aria-busy={busy === example.name} onClick={() => load(example.name)}>
                <Words icon={IconBook2} title={busy === example.name ? words.start.loadingTheExample : words.start.loadTheExample(example.title)} text={example.description} />
              </button>
            ))}
          </div>
        </>
      )}
      <Recent />
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

function Recent() {
  const recent = useLayout((state) => state.recent)
  const { data } = useQuery(assistantsQuery)
  const known = recent.filter((visit) => data?.items.some((assistant) => assistant.title === visit.assistant))
  if (known.length === 0) return null
  return (
    <>
      <h2 className="h recent-head">{words.start.whereYouLeftOff}</h2>
      <div className="recent">
        {known.slice(0, 5).map((visit) => (
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
