/** The list of flows and patterns beside whichever is open. */
import { useQuery } from '@tanstack/react-query'
import { Outlet, useParams } from '@tanstack/react-router'
import { IconPlus, IconSitemap } from '@tabler/icons-react'
import { itemsQuery } from '../app/queries'
import { Button } from '../ui/controls'
import { Empty } from '../ui/states'
import { useAssistant, useMay } from '../frame/assistant'
import { useOverlays } from '../frame/layout'
import { ListPlace } from '../frame/ListPlace'
import { FlowsPane, isPattern } from './FlowsPane'
import { words } from './words'

export default function FlowsPage() {
  const { flow } = useParams({ strict: false })
  return (
    <>
      <ListPlace open={flow !== undefined}>
        <FlowsPane selected={flow} />
      </ListPlace>
      {flow !== undefined ? <Outlet /> : <NothingOpen />}
    </>
  )
}

function NothingOpen() {
  const { id } = useAssistant()
  const may = useMay('flows:write')
  const { data: flows } = useQuery(itemsQuery(id, 'flow'))
  const none = flows?.every(({ name }) => isPattern(name)) ?? false
  return (
    <main className="work" id="work">
      <Empty
        icon={IconSitemap}
        hue="k-link"
        title={none ? words.flowsPage.noFlows : words.flowsPage.chooseAFlow}
        actions={
          may && (
            <Button look="primary" icon={IconPlus} onClick={() => useOverlays.setState({ create: 'flow' })}>
              {words.flowsPage.newFlow}
            </Button>
          )
        }
      >
        {words.flowsPage.whatAFlowIs}
      </Empty>
    </main>
  )
}
