/** What every page stands in: the sign-in check, toasts and what floats over all. */
import { useQuery } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { useEffect } from 'react'
import { ApiError } from '../api'
import { sessionQuery } from '../app/queries'
import { Failure, useSlow } from '../ui/states'
import { Toasts } from '../ui/toasts'
import { Shortcuts } from './Shortcuts'
import { openStores } from '../app/stores'
import { words } from './words'

/** Where to sign in, coming back to this very address. */
export function signInAddress(): string {
  const { pathname, search } = window.location
  return `/api/sign-in?next=${encodeURIComponent(pathname + search)}`
}

export function Root() {
  const { data: session, error, refetch, isPending } = useQuery(sessionQuery)
  const slow = useSlow(isPending)
  const signedOut = error instanceof ApiError && error.status === 401
  const waiting = openStores().some((store) => store.unsaved)
  useEffect(() => {
    if (signedOut && !waiting) window.location.assign(signInAddress())
  }, [signedOut, waiting])
  if (session || (signedOut && waiting)) {
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
