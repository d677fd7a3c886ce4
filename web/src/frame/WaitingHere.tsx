/** Where nobody can be signed in for want of the studio: how many changes wait in this browser. Whose and what, it doesn't say. */
import { useQuery } from '@tanstack/react-query'
import { waitingHere } from '../documents'
import { waiting } from './waitingWords'

export function WaitingHere() {
  const { data: count } = useQuery({ queryKey: ['waiting here'], queryFn: waitingHere, networkMode: 'always', gcTime: 0 })
  if (!count) return null
  return <p role="status">{waiting.here(count)}</p>
}
