/** What stands at an address that leads to nothing, with the nearest place that is there. */
import { IconMapOff } from '@tabler/icons-react'
import { Link, useMatchRoute } from '@tanstack/react-router'
import { lookOf } from '../ui/kinds'
import { Empty } from '../ui/states'
import { useOpenAssistant } from './useOpenAssistant'
import { CONTENT_KINDS } from './useItemLink'
import { words } from './words'

/** `what` is a kind of item, or what else is missing, in a word. */
export function NotFound({ what = 'page' }: { what?: string }) {
  return (
    <main className="work" id="work">
      <Empty icon={IconMapOff} heading="h1" title={words.notFound.missing(what)} actions={<Nearest />}>
        {words.notFound.missingWhy}
      </Empty>
    </main>
  )
}

/** The list that the address stands in; outside an assistant all assistants. */
function Nearest() {
  const assistant = useOpenAssistant()
  const isAt = useMatchRoute()
  if (assistant === null)
    return (
      <Link className="btn primary" to="/">
        {words.notFound.allAssistants}
      </Link>
    )
  const params = { assistant: assistant.name }
  const at = isAt({ to: '/a/$assistant/content/$kind', fuzzy: true })
  if (at !== false && CONTENT_KINDS.some((kind) => kind === at.kind))
    return (
      <Link className="btn primary" to="/a/$assistant/content/$kind" params={{ ...params, kind: at.kind }}>
        {words.notFound.all(lookOf(at.kind).many)}
      </Link>
    )
  return (
    <Link className="btn primary" to="/a/$assistant/flows" params={params}>
      {words.notFound.all(lookOf('flow').many)}
    </Link>
  )
}
