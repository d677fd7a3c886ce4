/** Asks once more before something is deleted: what it means, a refusal where there was one, and the way back first. */
import type { ReactNode } from 'react'
import { Button } from '../ui/controls'
import { Leave } from '../ui/Dialog'
import type { FormState } from './useForm'

interface Props {
  form: FormState
  cancel: string
  go: string
  onClose: () => void
  children: ReactNode
}

export function ConfirmForm({ form: { error, busy, submit }, cancel, go, onClose, children }: Props) {
  return (
    <form onSubmit={submit}>
      {children}
      {error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <Leave data-autofocus onClick={onClose}>
          {cancel}
        </Leave>
        <Button tall look="solid-danger" type="submit" aria-busy={busy}>
          {go}
        </Button>
      </div>
    </form>
  )
}
