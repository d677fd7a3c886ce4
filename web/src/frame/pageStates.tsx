import type { ErrorComponentProps } from '@tanstack/react-router'
import { Failure, SkeletonRows } from '../ui/states'

export function PagePending() {
  return (
    <main className="work" aria-busy="true">
      <div className="toolbar" />
      <SkeletonRows widths={[180, 320, 90]} />
    </main>
  )
}

export function PageError({ error, reset }: ErrorComponentProps) {
  return <Failure what="This page can’t be shown" error={error} again={reset} />
}
