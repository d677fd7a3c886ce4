/** Sending a form once, with its refusal shown at the field or below. The dialog around it stays open meanwhile. */
import { IconAlertCircle } from '@tabler/icons-react'
import { useState, type FormEvent } from 'react'
import { ApiError } from '../api'
import { useSends } from '../ui/Dialog'
import { toast } from '../ui/toasts'
import { useIsShown } from './useIsShown'

type Refuse = (field: string, error: string) => void

export interface FormState {
  error: string | null
  /** The field that the error is about; null for the form as a whole. */
  field: string | null
  busy: boolean
  submit: (event: FormEvent<HTMLFormElement>) => void
}

/** `fields` names the field that a refusal of the server is about, by its code. */
export function useForm(send: (refuse: Refuse) => Promise<void>, fields: Readonly<Record<string, string>> = {}): FormState {
  const [state, setState] = useState<Omit<FormState, 'submit'>>({ error: null, field: null, busy: false })
  const isShown = useIsShown()
  useSends(state.busy)
  const end = (error: string | null, field: string | null) => {
    setState({ error, field, busy: false })
    // Whoever went to another page meanwhile hears of it there.
    if (error !== null && !isShown()) toast(IconAlertCircle, error)
  }
  const run = async () => {
    setState({ error: null, field: null, busy: true })
    const refusals: { error: string; field: string }[] = []
    try {
      await send((field, error) => void refusals.push({ field, error }))
      end(refusals[0]?.error ?? null, refusals[0]?.field ?? null)
    } catch (reason) {
      if (!(reason instanceof ApiError)) {
        end(null, null)
        throw reason
      }
      const field = fields[reason.code] ?? null
      end(field !== null && isShown() ? reason.detail : reason.sentence, field)
    }
  }
  return {
    ...state,
    submit: (event) => {
      event.preventDefault()
      // The field says itself that it is too long.
      const long = event.currentTarget.querySelector<HTMLElement>('[data-too-long]')
      if (long) long.focus()
      else if (!state.busy) void run()
    },
  }
}
