/** Where nobody can be signed in for want of the studio: how many changes wait in this browser. Whose and what, it doesn't say. */
import { IconCloudOff } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { waitingHere } from '../documents'
import { Icon } from '../ui/Icon'
import { waiting } from './waitingWords'

export function WaitingHere() {
  const { data: count } = useQuery({ queryKey: ['waiting here'], queryFn: waitingHere, networkMode: 'always', gcTime: 0 })
  if (!count) return null
  return (
    <p className="place hs small t2" role="status">
      <Icon of={IconCloudOff} size={14} />
      <span>{waiting.here(count)}</span>
    </p>
  )
}
