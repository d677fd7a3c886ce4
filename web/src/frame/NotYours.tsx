/** What stands in the place of a page that the person's roles don't open; `page` names it where no frame has a heading. */
import type { TablerIcon } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { Empty } from '../ui/states'
import { words } from './words'

export function NotYours({ page, icon, title, why }: { page?: string; icon: TablerIcon; title: string; why: string }) {
  return (
    <main className="work" id="work">
      {page !== undefined && <h1 className="sr">{page}</h1>}
      <Empty
        icon={icon}
        title={title}
        actions={
          <Link className="btn primary" to="/">
            {words.allowed.allAssistants}
          </Link>
        }
      >
        {why}
      </Empty>
    </main>
  )
}
