/** A model that is trained and doesn't run: why it didn't start, and the button that starts it. */
import { IconAlertCircle, IconLoader2, IconPlayerPlay } from '@tabler/icons-react'
import { useState } from 'react'
import { Icon } from '../ui/Icon'
import { Button } from '../ui/controls'
import { useAssistant, useMay } from './assistant'
import { useComing } from './coming'
import { coming } from './comingWords'
import { run } from './running'

export function StartVersion({ version, again = false, label = again ? coming.startAgain : coming.start }: { version: string; again?: boolean; label?: string }) {
  const { id } = useAssistant()
  const may = useMay('deployments:write')
  const [busy, setBusy] = useState(false)
  if (!may) return null
  const start = () => {
    if (busy) return
    setBusy(true)
    void run(id, version).finally(() => setBusy(false))
  }
  return (
    <Button look="primary" icon={busy ? IconLoader2 : IconPlayerPlay} aria-busy={busy} onClick={start}>
      {label}
    </Button>
  )
}

/** Beside a training's log: what became of the start of the model that is to answer next. Nothing where it answers. */
export function StartTold() {
  const next = useComing()
  if (next === null) return null
  const failed = next.state === 'failed'
  return (
    <div className={failed ? 'start-told failed' : 'start-told'} role="note" aria-label={failed ? coming.didNotStart(next.version.name) : coming.starts(next.version.name)}>
      <span className={failed ? 'c-err' : 'c-run'}>
        <Icon of={failed ? IconAlertCircle : IconLoader2} className={failed ? '' : 'spin'} />
      </span>
      <p>
        <span className="med">{failed ? coming.didNotStart(next.version.name) : coming.starts(next.version.name)}</span> {next.reason ?? (failed ? coming.noReason : '')}
      </p>
      {failed && <StartVersion version={next.version.id} again />}
    </div>
  )
}
