/** Tells the page which slots there are: those of the server, and those that are only just made here. */
import { useQuery } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'
import { useDocumentsState } from '../documents'
import { useAssistant, useMay } from '../frame/assistant'
import { KnownSlotsProvider } from '../ui/knownSlots'
import { itemsQuery } from './queries'

export function KnownSlots({ children }: { children: ReactNode }) {
  const { id } = useAssistant()
  const { data } = useQuery({ ...itemsQuery(id, 'slot'), enabled: useMay('content:read') })
  const here = useDocumentsState(({ documents }) =>
    Object.values(documents)
      .flatMap((document) => (document.kind === 'slot' && !document.deleted ? [document.name] : []))
      .join('\n'),
  )
  const known = useMemo(() => (data === undefined ? null : new Set([...data.map(({ name }) => name), ...here.split('\n')])), [data, here])
  return <KnownSlotsProvider value={known}>{children}</KnownSlotsProvider>
}
