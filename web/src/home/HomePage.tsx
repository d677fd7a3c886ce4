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
import { choose, useChoosing } from './useChoosing'
import './home.css'
import { words } from './words'

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
  const drop = useChoosing((chosen) => {
    choose(chosen)
    void navigate({ to: '/import' })
  })
  const target = mayImport ? { ...drop.target, 'data-drop': drop.over || undefined } : {}
  const dialog = mayCreate && <CreateDialog opened={creating === true} onClose={() => create(false)} />

  if (data?.items.length === 0) {
    return (
      <div className="body" {...target}>
        {drop.error && <DropError text={drop.error} />}
        <EmptyHome onCreate={mayCreate ? () => create(true) : null} mayImport={mayImport} />
        {dialog}
      </div>
    )
  }
  const wanted = filter.trim().toLowerCase()
  const shown = data?.items.filter((one) => `${one.title} ${one.name}`.toLowerCase().includes(wanted))
  return (
    <div className="body stacks" {...target}>
      <main className="work home-work" id="work">
        {drop.error && <DropError text={drop.error} />}
        <div className="hs home-head">
          <h1 className="title grow">{words.homePage.assistants}</h1>
          <SearchInput label={words.homePage.filterByName} value={filter} onChange={setFilter} width={220} />
          {mayImport && (
            <Link to="/import" className="btn">
              <Icon of={IconFileImport} />
              {words.homePage.import}
            </Link>
          )}
          {mayCreate && (
            <Button look="primary" icon={IconPlus} onClick={() => create(true)}>
              {words.homePage.newAssistant}
            </Button>
          )}
        </div>
        {error && !data ? (
          <Failure what={words.homePage.unreadable} error={error} again={() => void refetch()} />
        ) : (
          <div className="card home-card">{shown?.length === 0 ? <p className="t3 none-fits">{words.homePage.noneIsCalledThat}</p> : shown ? <AssistantsTable assistants={shown} /> : <SkeletonRows rows={4} widths={[220, 100, 140, 140, 100]} height={60} />}</div>
        )}
        {shown && (
          <p className="micro t3 home-foot">
            {wanted === '' ? plural(shown.length, 'assistant') : words.homePage.of(shown.length, plural(data?.items.length ?? 0, 'assistant'))}
          </p>
        )}
      </main>
      <Start onCreate={mayCreate ? () => create(true) : null} mayImport={mayImport} />
      {dialog}
    </div>
  )
}

function DropError({ text }: { text: string }) {
  return (
    <p className="c-err" role="alert">
      {text}
    </p>
  )
}
