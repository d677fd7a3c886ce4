/** Content by kind: responses, slots, actions, prompts, with views on them. */
import { IconAlertTriangle, IconClock, IconLanguage, IconLinkOff, type Icon as TablerIcon } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { itemsQuery } from '../app/queries'
import { Rows } from '../focus/Rows'
import { useAssistant } from '../frame/assistant'
import { ListPlace } from '../frame/ListPlace'
import { CONTENT_KINDS } from '../frame/useItemLink'
import { Icon } from '../ui/Icon'
import { lookOf } from '../ui/kinds'
import { useView, VIEWS, type View } from './views'
import { words } from './words'
import './content.css'

const ICONS: Record<View, TablerIcon> = { untranslated: IconLanguage, problems: IconAlertTriangle, unused: IconLinkOff, lately: IconClock }

export default function ContentPage() {
  const { name } = useParams({ strict: false })
  return (
    <>
      <ListPlace open={name !== undefined} comesBack={false}>
        <Pane />
      </ListPlace>
      <Outlet />
    </>
  )
}

function Pane() {
  const { name: assistant, counts } = useAssistant()
  const { kind = 'response' } = useParams({ strict: false })
  return (
    <aside className="pane content-pane" aria-label={words.content}>
      <div className="head">
        <h2 className="h">{words.content}</h2>
      </div>
      <Rows className="rows" label={words.kinds}>
        {CONTENT_KINDS.map((each) => (
          <Link key={each} to="/a/$assistant/content/$kind" params={{ assistant, kind: each }} className={each === kind ? 'row sel' : 'row'} aria-current={each === kind ? 'page' : undefined}>
            <Icon of={lookOf(each).icon} />
            <span className="grow">{lookOf(each).many}</span>
            <span className="micro num t3">{counts[each] ?? 0}</span>
          </Link>
        ))}
      </Rows>
      <Views kind={kind} />
    </aside>
  )
}

function Views({ kind }: { kind: string }) {
  const assistant = useAssistant()
  const { data } = useQuery(itemsQuery(assistant.id, kind))
  const { view, setView } = useView()
  const offered = (Object.keys(VIEWS) as View[]).filter((each) => VIEWS[each].fits(kind, assistant))
  if (!data || offered.length === 0) return null
  return (
    <>
      <h3 className="group">{words.views}</h3>
      <div className="rows">
        {offered.map((each) => {
          const count = data.filter((item) => VIEWS[each].shows(item, assistant)).length
          return (
            <button key={each} type="button" className={each === view ? 'row sel' : 'row'} aria-pressed={each === view} onClick={() => setView(each === view ? undefined : each)}>
              <Icon of={ICONS[each]} />
              <span className="grow ell">{VIEWS[each].label}</span>
              <span className={`micro num ${each === 'untranslated' && count > 0 ? 'c-warn med' : 't3'}`}>{count}</span>
            </button>
          )
        })}
      </div>
    </>
  )
}
