/** Sending a form once, with its refusal shown at the field or below. */
import { useState, type FormEvent } from 'react'
import { ApiError } from '../api'

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
  const [state, setState] = useState<{ error: string | null; field: string | null; busy: boolean }>({ error: null, field: null, busy: false })
  const run = async () => {
    setState({ error: null, field: null, busy: true })
    const refusals: { error: string; field: string }[] = []
    try {
      await send((field, error) => void refusals.push({ field, error }))
      setState({ error: null, field: null, ...refusals[0], busy: false })
    } catch (reason) {
      if (!(reason instanceof ApiError)) throw reason
      const field = fields[reason.code]
      setState(field === undefined ? { error: reason.sentence, field: null, busy: false } : { error: reason.detail, field, busy: false })
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
