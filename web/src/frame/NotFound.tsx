/** What stands at an address that leads to nothing, with the nearest place that is there. */
import { IconMapOff } from '@tabler/icons-react'
import { Link, useMatchRoute } from '@tanstack/react-router'
import { lookOf } from '../ui/kinds'
import { Empty } from '../ui/states'
import { useOpenAssistant } from './useOpenAssistant'
import { CONTENT_KINDS } from './useItemLink'
import { texts } from './texts'

/** `what` is a kind of item, or what else is missing, in a word. */
export function NotFound({ what = 'page' }: { what?: string }) {
  return (
    <main className="work" id="work">
      <Empty icon={IconMapOff} title={texts.missing(what)} actions={<Nearest />}>
        {texts.missingWhy}
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
        {texts.allAssistants}
      </Link>
    )
  const params = { assistant: assistant.name }
  const at = isAt({ to: '/a/$assistant/content/$kind', fuzzy: true })
  if (at !== false && CONTENT_KINDS.some((kind) => kind === at.kind))
    return (
      <Link className="btn primary" to="/a/$assistant/content/$kind" params={{ ...params, kind: at.kind }}>
        {texts.all(lookOf(at.kind).many)}
      </Link>
    )
  return (
    <Link className="btn primary" to="/a/$assistant/flows" params={params}>
      {texts.all(lookOf('flow').many)}
    </Link>
  )
}
