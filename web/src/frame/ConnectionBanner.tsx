/** Says when the studio is away, when what is typed stays here for now, or when two versions wait for a choice. */
import { IconCloudOff, IconGitMerge } from '@tabler/icons-react'
import { useLocation } from '@tanstack/react-router'
import { useReach } from '../api'
import { useDocuments, useDocumentsState, useSaveState, type Document } from '../documents'
import { Icon } from '../ui/Icon'
import { plural } from '../ui/time'
import { useAssistant } from './assistant'
import { OfflineBanner } from './OfflineBanner'
import { signInAddress } from './signIn'
import { itemAddress, useItemLink } from './useItemLink'
import { words } from './words'

export function ConnectionBanner() {
  const store = useDocuments()
  const state = useSaveState()
  const reached = useReach((all) => all.reached)
  const { name: assistant } = useAssistant()
  const path = useLocation({ select: (location) => decodeURIComponent(location.pathname) })
  // Each item's own page shows its two versions; all others say here where they are.
  const conflicted = useDocumentsState((all) => Object.values(all.conflicts).find(({ mine }) => path !== pathOf(assistant, mine))?.mine)
  const go = useItemLink()
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
  if (conflicted) {
    return (
      <div className="banner calm" role="status">
        <Icon of={IconGitMerge} />
        <span>
          <span className="med">{words.connectionBanner.changedTwice(conflicted.name)}</span> <span className="t2">{words.connectionBanner.bothAreKeptUntil}</span>
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

function pathOf(assistant: string, { kind, name }: Document): string {
  const { to, params } = itemAddress(assistant, { kind, name })
  return Object.entries(params).reduce((path, [parameter, value]) => path.replace(`$${parameter}`, value), to as string)
}

function keptWords(lasting: boolean, signedOut: boolean): string {
  const then = signedOut ? words.connectionBanner.signInInAnother : words.connectionBanner.sentWhenYoureBack
  return lasting ? then : words.connectionBanner.thisBrowserKeepsNothing(then)
}
