/** Says when the studio is away, when what is typed stays here for now, or when two versions wait for a choice. */
import { IconCloudOff, IconGitMerge } from '@tabler/icons-react'
import { useReach } from '../api'
import { useDocuments, useSaveState, type Connection, type SaveState } from '../documents'
import { words as versions } from '../editor/words'
import { Icon } from '../ui/Icon'
import { plural } from '../ui/time'
import { lookAgain, useConflicts, useDeciding } from './deciding'
import { OfflineBanner } from './OfflineBanner'
import { signInAddress } from './signIn'
import { useItemLink } from './useItemLink'
import { words } from './words'

export function ConnectionBanner() {
  const store = useDocuments()
  const state = useSaveState()
  const reached = useReach((all) => all.reached)
  // What the page shows both versions of is said there.
  const shown = useDeciding((all) => all.shown)
  const waiting = useConflicts().filter(({ item }) => !shown.includes(item))
  const go = useItemLink()
  if (state.kind === 'kept') {
    const signedOut = state.connection === 'signed-out'
    const barred = state.connection === 'barred'
    return (
      <div className="banner" role="status">
        <Icon of={IconCloudOff} />
        <span>
          <span className="med">{words.connectionBanner.keptHere(whyKept(state.connection), plural(state.count, 'change'))}</span>{' '}
          <span className="t2">{keptWords(state)}</span>
        </span>
        <span className="sp" />
        {signedOut && (
          <a className="link" href={signInAddress()} target="_blank" rel="noreferrer">
            {words.connectionBanner.signIn}
          </a>
        )}
        {barred && (
          <button type="button" className="link" onClick={() => void store.sender.discard()}>
            {words.connectionBanner.discard}
          </button>
        )}
        <button type="button" className="link" onClick={() => store.tryNow()}>
          {words.connectionBanner.tryNow}
        </button>
      </div>
    )
  }
  if (!reached) return <OfflineBanner />
  const first = waiting[0]
  if (first === undefined) return null
  const many = waiting.length > 1
  const look = () => {
    for (const { item } of waiting) lookAgain(item)
    useDeciding.setState({ walking: many })
    // The page that is open may show them, as a canvas does those of a text of its flow.
    requestAnimationFrame(() => {
      if (!useDeciding.getState().shown.includes(first.item)) go({ kind: first.mine.kind, name: first.mine.name })
    })
  }
  return (
    <div className="banner calm" role="status">
      <Icon of={IconGitMerge} />
      <span>
        <span className="med">{many ? versions.manyChangedTwice(waiting.length) : words.connectionBanner.changedTwice(first.mine.name)}</span>{' '}
        <span className="t2">{words.connectionBanner.bothKept}</span>
      </span>
      <span className="sp" />
      <button type="button" className="link" onClick={look}>
        {many ? versions.inTurn : words.connectionBanner.lookAtBoth}
      </button>
    </div>
  )
}

function whyKept(connection: Connection): string {
  return connection === 'signed-out' ? words.connectionBanner.signedOut : connection === 'barred' ? words.connectionBanner.barred : words.connectionBanner.offline
}

function keptWords({ connection, count, lasting }: Extract<SaveState, { kind: 'kept' }>): string {
  const { signInElsewhere, sentWhenYouMay, sentWhenYoureBack } = words.connectionBanner
  const then = connection === 'signed-out' ? signInElsewhere(count) : connection === 'barred' ? sentWhenYouMay(count) : sentWhenYoureBack
  return lasting ? then : words.connectionBanner.thisBrowserKeepsNothing(then)
}
