import type { ErrorComponentProps } from '@tanstack/react-router'
import { Failure, SkeletonRows } from '../ui/states'
import { words } from './words'

export function PagePending() {
  return (
    <main className="work" aria-busy="true">
      <div className="toolbar" />
      <SkeletonRows widths={[180, 320, 90]} />
    </main>
  )
}

export function PageError({ error, reset }: ErrorComponentProps) {
  return <Failure what={words.pageStates.thisPageCantBe} error={error} again={reset} />
}
