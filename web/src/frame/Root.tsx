/** What every page stands in: the sign-in check, toasts and what floats over all. */
import { useQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiError } from '../api'
import { sessionQuery } from '../app/queries'
import { Failure, useSlow } from '../ui/states'
import { Toasts } from '../ui/toasts'
import { Shortcuts } from './Shortcuts'
import { SignedOut } from './SignedOut'
import { signInAddress } from './signIn'
import { openStores } from '../app/stores'
import { words } from './words'

export function Root() {
  const { data: session, error, refetch, isPending } = useQuery(sessionQuery)
  const slow = useSlow(isPending)
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
      </>
    )
  }
  if (error && !signedOut) return <Failure what={words.root.theStudioCantBe} error={error} again={() => void refetch()} />
  return (
    <output className="place" aria-live="polite">
      {slow || signedOut ? <span className="t3">{signedOut ? words.root.goingToTheSign : words.root.loading}</span> : null}
    </output>
  )
}
