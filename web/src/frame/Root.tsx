/** What every page stands in: the sign-in check, toasts and what floats over all. */
import { useQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiError } from '../api'
import { sessionQuery } from '../app/queries'
import { Focus } from '../focus/Focus'
import { Failure } from '../ui/states'
import { Toasts } from '../ui/toasts'
import { BareFrame } from './pageStates'
import { Shortcuts } from './Shortcuts'
import { SignedOut } from './SignedOut'
import { signInAddress } from './signIn'
import { openStores } from '../app/stores'
import { WaitingHere } from './WaitingHere'
import { words } from './words'

export function Root() {
  const { data: session, error, refetch } = useQuery(sessionQuery)
  const signedOut = error instanceof ApiError && error.status === 401
  const wasHere = session !== undefined
  const waiting = openStores().some((store) => store.unsaved)
  useEffect(() => {
    if (signedOut && !wasHere) window.location.assign(signInAddress())
  }, [signedOut, wasHere])
  // What waits here shows with the way to send it; nothing else of a sign-in that has ended does.
  if (signedOut && wasHere && !waiting) return <SignedOut />
  if (session) {
    return (
      <>
        <Outlet />
        <Shortcuts />
        <Toasts />
        <Focus />
      </>
    )
  }
  if (error && !signedOut)
    return (
      <BareFrame>
        <Failure what={error instanceof ApiError && error.status > 0 ? words.root.signInUnreadable : words.root.unreachable} error={error} again={() => void refetch()}>
          <WaitingHere />
        </Failure>
      </BareFrame>
    )
  if (!signedOut) return <BareFrame />
  return (
    <output className="place" aria-live="polite">
      <span className="t3">{words.root.goingToSignIn}</span>
    </output>
  )
}
