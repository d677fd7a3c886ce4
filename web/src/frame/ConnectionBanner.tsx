/** Says when the studio is away, when what is typed stays here for now, or when two versions wait for a choice. */
import { IconCloudOff, IconGitMerge } from '@tabler/icons-react'
import { useLocation } from '@tanstack/react-router'
import { useReach } from '../api'
import { useDocuments, useDocumentsState, useSaveState } from '../documents'
import { Icon } from '../ui/Icon'
import { plural } from '../ui/time'
import { OfflineBanner } from './OfflineBanner'
import { signInAddress } from './signIn'
import { useItemLink } from './useItemLink'
import { words } from './words'

export function ConnectionBanner() {
  const store = useDocuments()
  const state = useSaveState()
  const reached = useReach((all) => all.reached)
  const conflicted = useDocumentsState((all) => (state.kind === 'two' ? all.documents[state.item] : undefined))
  const go = useItemLink()
  const path = useLocation({ select: (location) => decodeURIComponent(location.pathname) })
  if (state.kind === 'kept') {
    const signedOut = state.connection === 'signed-out'
    return (
      <div className="banner" role="status">
        <Icon of={IconCloudOff} />
        <span>
          <span className="med">{words.connectionBanner.keptHere(signedOut ? words.connectionBanner.signedOut : words.connectionBanner.offline, plural(state.count, 'change'))}</span>{' '}
          <span className="t2">{keptWords(state.lasting, signedOut)}</span>
        </span>
        <span className="sp" />
        {signedOut && (
          <a className="link" href={signInAddress()} target="_blank" rel="noreferrer">
            {words.connectionBanner.signIn}
          </a>
        )}
        <button type="button" className="link" onClick={() => store.tryNow()}>
          {words.connectionBanner.tryNow}
        </button>
      </div>
    )
  }
  if (!reached) return <OfflineBanner />
  // The item's own page shows both already.
  if (state.kind === 'two' && conflicted && !path.endsWith(`/${conflicted.name}`)) {
    return (
      <div className="banner calm" role="status">
        <Icon of={IconGitMerge} />
        <span>
          <span className="med">{words.connectionBanner.youAndSomebodyElse(conflicted.name)}</span> <span className="t2">{words.connectionBanner.bothAreKeptUntil}</span>
        </span>
        <span className="sp" />
        <button type="button" className="link" onClick={() => go({ kind: conflicted.kind, name: conflicted.name })}>
          {words.connectionBanner.lookAtBoth}
        </button>
      </div>
    )
  }
  return null
}

function keptWords(lasting: boolean, signedOut: boolean): string {
  const then = signedOut ? words.connectionBanner.signInInAnother : words.connectionBanner.sentWhenYoureBack
  return lasting ? then : words.connectionBanner.thisBrowserKeepsNothing(then)
}
