/** What a place shows before, instead of, or without its content. */
import { IconAlertCircle, IconRefresh } from '@tabler/icons-react'
import { useEffect, useState, type ReactNode } from 'react'
import { ApiError, unreachable, useReach } from '../api'
import { Button } from './controls'
import { Icon, type IconOf } from './Icon'
import { words } from './words'

const SOON = 150
/** When a skeleton was there last. */
let gone = Number.NEGATIVE_INFINITY

/** True once `waiting` has lasted 150 ms: what is quicker shows no skeleton. One that follows another comes at once. */
export function useSlow(waiting: boolean): boolean {
  const [slow, setSlow] = useState(() => performance.now() - gone < SOON)
  useEffect(() => {
    if (!waiting) return undefined
    const timer = setTimeout(() => setSlow(true), SOON)
    return () => {
      clearTimeout(timer)
      setSlow(false)
    }
  }, [waiting])
  const shown = waiting && slow
  useEffect(() => {
    if (!shown) return undefined
    return () => {
      gone = performance.now()
    }
  }, [shown])
  return shown
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

/** `heading` is h1 where this is all of the page. */
export function Empty({ icon, hue = 'k-end', heading: Heading = 'h2', title, children, actions }: { icon: IconOf; hue?: string; heading?: 'h1' | 'h2'; title: string; children?: ReactNode; actions?: ReactNode }) {
  return (
    <div className="place">
      <span className={`tile ${hue}`}>
        <Icon of={icon} size={20} />
      </span>
      <Heading className="med">{title}</Heading>
      {children && <p>{children}</p>}
      {actions && <div className="hs">{actions}</div>}
    </div>
  )
}

/** What happened, what to do, and a way to try again; what the server called the request, for whoever runs it. */
export function Failure({ what, error, again, children }: { what: string; error: unknown; again?: () => void; children?: ReactNode }) {
  const reached = useReach((state) => state.reached)
  const told = error instanceof ApiError ? error : reached ? null : unreachable()
  return (
    <div className="place">
      <div className="failure" role="alert">
        <span className="c-err">
          <Icon of={IconAlertCircle} size={20} />
        </span>
        <div>
          <h2 className="med">{what}</h2>
          <p>{!told ? words.states.broken : told.title === what ? told.detail : told.sentence}</p>
          {children}
          {(again || told?.request) && (
            <div className="hs">
              {again && (
                <Button icon={IconRefresh} onClick={again}>
                  {words.states.tryAgain}
                </Button>
              )}
              {told?.request && <Details what={what} error={told} />}
            </div>
          )}
        </div>
      </div>
    </div>
  )
}

function Details({ what, error }: { what: string; error: ApiError }) {
  const [copied, setCopied] = useState(false)
  const copy = () => {
    const lines = [what, error.sentence, `${error.status} ${error.code}`, `request ${error.request}`, window.location.pathname, new Date().toISOString()]
    void navigator.clipboard.writeText(lines.join('\n')).then(() => setCopied(true))
  }
  return (
    <>
      {'clipboard' in navigator && (
        <Button look="quiet" className="failure-details" onClick={copy}>
          {copied ? words.states.detailsCopied : words.states.copyDetails}
        </Button>
      )}
      <span className="mono t3 failure-request failure-details">{words.states.request(error.request ?? '')}</span>
    </>
  )
}
