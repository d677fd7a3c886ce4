/** All assistants that the person may see. */
import { useHotkeys } from '@mantine/hooks'
import { IconFileImport, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { assistantsQuery, sessionQuery } from '../app/queries'
import { Button } from '../ui/controls'
import { SearchInput } from '../ui/fields'
import { Icon } from '../ui/Icon'
import { Failure, SkeletonRows } from '../ui/states'
import { plural } from '../ui/time'
import { AssistantsTable } from './AssistantsTable'
import { CreateDialog } from './CreateDialog'
import { EmptyHome } from './EmptyHome'
import { Start } from './Start'
import './home.css'

export default function HomePage() {
  const { data, error, refetch } = useQuery(assistantsQuery)
  const { data: session } = useQuery(sessionQuery)
  const { new: creating } = useSearch({ from: '/home/' })
  const navigate = useNavigate()
  const [filter, setFilter] = useState('')
  const mayCreate = session?.permissions.includes('assistants:create') ?? false
  const mayImport = session?.permissions.includes('assistants:import') ?? false
  const create = (open: boolean) => void navigate({ to: '/', search: open ? { new: true } : {} })
  useHotkeys([['N', () => mayCreate && create(true)]])
  const dialog = mayCreate && <CreateDialog opened={creating === true} onClose={() => create(false)} />

  if (error && !data) return <Failure what="The assistants can’t be read" error={error} again={() => void refetch()} />
  if (data?.items.length === 0) {
    return (
      <div className="body">
        <EmptyHome onCreate={mayCreate ? () => create(true) : null} mayImport={mayImport} />
        {dialog}
      </div>
    )
  }
  const wanted = filter.trim().toLowerCase()
  const shown = data?.items.filter((one) => `${one.title} ${one.name}`.toLowerCase().includes(wanted))
  return (
    <div className="body">
      <main className="work home-work" id="work">
        <div className="hs home-head">
          <h1 className="title grow">Assistants</h1>
          <SearchInput label="Filter by name" value={filter} onChange={setFilter} width={220} />
          {mayImport && (
            <Link to="/import" className="btn">
              <Icon of={IconFileImport} />
              Import
            </Link>
          )}
          {mayCreate && (
            <Button look="primary" icon={IconPlus} onClick={() => create(true)}>
              New assistant
            </Button>
          )}
        </div>
        <div className="card home-card">{shown ? <AssistantsTable assistants={shown} /> : <SkeletonRows rows={4} widths={[220, 100, 140, 140, 100]} height={60} />}</div>
        {shown && (
          <p className="micro t3 home-foot">
            {wanted === '' ? plural(shown.length, 'assistant') : `${shown.length} of ${plural(data?.items.length ?? 0, 'assistant')}`}
          </p>
        )}
      </main>
      <Start onCreate={mayCreate ? () => create(true) : null} mayImport={mayImport} />
      {dialog}
    </div>
  )
}
