/** Says that the studio doesn't answer, and that it is asked again. */
import { IconCloudOff } from '@tabler/icons-react'
import { askNow, useReach } from '../api'
import { Icon } from '../ui/Icon'
import { words } from './words'

export function OfflineBanner() {
  const reached = useReach((state) => state.reached)
  if (reached) return null
  return (
    <div className="banner" role="status">
      <Icon of={IconCloudOff} />
      <span>
        <span className="med">{words.connectionBanner.noAnswer}</span> <span className="t2">{words.connectionBanner.goesOnByItself}</span>
      </span>
      <span className="sp" />
      <button type="button" className="link" onClick={() => void askNow()}>
        {words.connectionBanner.tryNow}
      </button>
    </div>
  )
}
