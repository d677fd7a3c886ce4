import { IconMapOff } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Empty } from '../ui/states'

export function NotFound({ what = 'page' }: { what?: string }) {
  return (
    <main className="work" id="work">
      <Empty icon={IconMapOff} title={`There is no such ${what}`} actions={<Link className="btn primary" to="/">All assistants</Link>}>
        It may have been renamed or deleted, or you may not see it.
      </Empty>
    </main>
  )
}
