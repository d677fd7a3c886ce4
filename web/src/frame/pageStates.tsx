/** What stands where a page will be: the frame before anything is known, the page before it is loaded, or its failure. */
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { useEffect, type ReactNode } from 'react'
import { onBack } from '../api'
import { Failure, SkeletonRows } from '../ui/states'
import { Logo } from './Logo'
import { words } from './words'

/** The frame without what it takes a sign-in or an assistant to fill. */
export function BareFrame({ children }: { children?: ReactNode }) {
  return (
    <div className="app">
      <nav className="rail" aria-label={words.homeFrame.sections}>
        <Logo />
      </nav>
      <header className="topbar">
        <h1 className="sr">{words.homeFrame.talkwright}</h1>
      </header>
      <div className="main">
        <div className="body">
          <main className="work" id="work">
            {children ?? <PageSkeleton />}
          </main>
        </div>
      </div>
    </div>
  )
}

function PageSkeleton() {
  return (
    <>
      <div className="toolbar" />
      <SkeletonRows widths={[180, 320, 90]} />
    </>
  )
}

export function PagePending() {
  return (
    <main className="work" id="work">
      <PageSkeleton />
    </main>
  )
}

export function PageError({ error }: ErrorComponentProps) {
  const router = useRouter()
  const again = () => void router.invalidate()
  useEffect(() => onBack(() => void router.invalidate()), [router])
  return (
    <main className="work" id="work">
      <Failure what={words.pageStates.unshown} error={error} again={again} />
    </main>
  )
}
