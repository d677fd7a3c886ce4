/** Stands in place of every page once the sign-in has ended: nothing of the content shows, nothing typed is lost. */
import { IconLogin2 } from '@tabler/icons-react'
import { Icon } from '../ui/Icon'
import { Empty } from '../ui/states'
import { signInAddress } from './signIn'
import { words } from './words'

export function SignedOut() {
  return (
    <main className="work" id="work">
      <Empty
        icon={IconLogin2}
        heading="h1"
        title={words.root.youAreSignedOut}
        actions={
          <a className="btn primary" href={signInAddress()}>
            <Icon of={IconLogin2} />
            {words.root.signIn}
          </a>
        }
      >
        {words.root.whatYouTyped}
      </Empty>
    </main>
  )
}
