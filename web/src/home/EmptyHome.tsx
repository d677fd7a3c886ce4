/** The page of assistants before there is one. */
import { IconArrowRight, IconArrowsSplit2, IconBolt, IconEqual, IconFileImport, IconForms, IconMessage2, IconPlayerPlay, IconPlus, type Icon as TablerIcon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { examplesQuery } from '../app/queries'
import { AssistantTile } from '../frame/AssistantSwitcher'
import { Button, Kbd, LanguageTags } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { CommandLine } from './CommandLine'
import { useExample } from './useExample'
import { words } from './words'

export function EmptyHome({ onCreate, mayImport }: { onCreate: (() => void) | null; mayImport: boolean }) {
  const { data: examples } = useQuery({ ...examplesQuery, enabled: mayImport })
  const { busy, load } = useExample()
  const may = onCreate !== null || mayImport
  return (
    <main className="work home-work empty-work scroll" id="work">
      <h1 className="title">{words.emptyHome.assistants}</h1>
      <section className="hero" aria-label={words.emptyHome.noAssistantYet}>
        <Sketch />
        <div className="empty">
          <h2 className="title">{words.emptyHome.title}</h2>
          <p>
            {may
              ? words.emptyHome.whatItHolds
              : words.emptyHome.noneGiven}
          </p>
        </div>
        <div className="hs hero-actions">
          {onCreate && (
            <Button tall look="primary" icon={IconPlus} onClick={onCreate}>
              {words.emptyHome.newAssistant} <Kbd>N</Kbd>
            </Button>
          )}
          {mayImport && (
            <Link className="btn form" to="/import">
              <Icon of={IconFileImport} />
              {words.emptyHome.importAProject}
            </Link>
          )}
        </div>
      </section>
      {examples?.map((example) => (
        <section key={example.name} className="ex card" aria-label={words.emptyHome.example(example.title)}>
          <AssistantTile title={example.title} large />
          <div className="grow">
            <div className="hs">
              <span className="med">{example.title}</span>
              <LanguageTags languages={example.languages} />
            </div>
            <div className="small t3">{example.description}</div>
          </div>
          <Button tall icon={IconArrowRight} aria-busy={busy === example.name} onClick={() => load(example.name)}>
            {busy === example.name ? words.emptyHome.loading : words.emptyHome.openTheExample}
          </Button>
        </section>
      ))}
      {mayImport && <CommandLine />}
    </main>
  )
}

const NODES: readonly { x: number; y: number; hue: string; icon: TablerIcon; bars: readonly number[] }[] = [
  { x: 168, y: 0, hue: 'k-start', icon: IconPlayerPlay, bars: [56] },
  { x: 168, y: 58, hue: 'k-collect', icon: IconForms, bars: [72, 48] },
  { x: 168, y: 116, hue: 'k-logic', icon: IconArrowsSplit2, bars: [60] },
  { x: 0, y: 188, hue: 'k-message', icon: IconMessage2, bars: [76, 40] },
  { x: 168, y: 188, hue: 'k-action', icon: IconBolt, bars: [68] },
  { x: 336, y: 188, hue: 'k-set', icon: IconEqual, bars: [56, 72] },
]

function Sketch() {
  return (
    <div className="sketch" aria-hidden="true">
      <svg className="sketch-edges" width="480" height="230">
        <path d="M240 38V58M240 96V116M240 154V188M240 154V162Q240 170 232 170H80Q72 170 72 178V188M240 154V162Q240 170 248 170H400Q408 170 408 178V188" />
      </svg>
      {NODES.map((node) => (
        <div key={`${node.x} ${node.y}`} className="gnode" style={{ left: node.x, top: node.y }}>
          <span className={`tile ${node.hue}`}>
            <Icon of={node.icon} size={14} />
          </span>
          <span className="gl">
            {node.bars.map((width) => (
              <i key={width} style={{ width }} />
            ))}
          </span>
        </div>
      ))}
    </div>
  )
}
