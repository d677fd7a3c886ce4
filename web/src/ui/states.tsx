/** What a place shows before, instead of, or without its content. */
import { IconAlertCircle, IconRefresh } from '@tabler/icons-react'
import { useEffect, useState, type ReactNode } from 'react'
import { ApiError } from '../api'
import { Button } from './controls'
import { Icon, type IconOf } from './Icon'
import { words } from './words'

/** True once `waiting` has lasted 150 ms: what is quicker shows no skeleton. */
export function useSlow(waiting: boolean): boolean {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    if (!waiting) return undefined
    const timer = setTimeout(() => setSlow(true), 150)
    return () => {
      clearTimeout(timer)
      setSlow(false)
    }
  }, [waiting])
  return waiting && slow
}

/** Skeleton rows in the shape of a list: `widths` in pixels, one bar per column. */
export function SkeletonRows({ rows = 8, widths, height = 32 }: { rows?: number; widths: readonly number[]; height?: number }) {
  const slow = useSlow(true)
  return (
    <div aria-busy="true" aria-live="polite" className="skeleton">
      <span className="sr">{words.states.loading}</span>
      {slow &&
        Array.from({ length: rows }, (_, row) => (
          <div key={row} className="skeleton-row" style={{ height, opacity: 1 - row / (rows + 1) }}>
            {widths.map((width, column) => (
              <span key={column} className="sk" style={{ width: width - ((row * 17 + column * 11) % 24) }} />
            ))}
          </div>
        ))}
    </div>
  )
}

export function Empty({ icon, hue = 'k-end', title, children, actions }: { icon: IconOf; hue?: string; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="place">
      <span className={`tile ${hue}`}>
        <Icon of={icon} size={20} />
      </span>
      <h2 className="med">{title}</h2>
      {children && <p>{children}</p>}
      {actions && <div className="hs">{actions}</div>}
    </div>
  )
}

/** What happened, what to do, and a way to try again. */
export function Failure({ what, error, again }: { what: string; error: unknown; again?: () => void }) {
  const known = error instanceof ApiError
  return (
    <div className="place">
      <div className="failure" role="alert">
        <span className="c-err">
          <Icon of={IconAlertCircle} size={20} />
        </span>
        <div>
          <h2 className="med">{what}</h2>
          <p>{known ? error.sentence : words.states.somethingInThisPage}</p>
          {again && (
            <div className="hs">
              <Button icon={IconRefresh} onClick={again}>
                {words.states.tryAgain}
              </Button>
            </div>
          )}
        </div>
      </div>
    </div>
  )
}
