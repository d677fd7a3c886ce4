import { IconAlertCircle } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { api, ApiError } from '../api'
import { queryClient } from '../app/queries'
import { uuid7 } from '../documents'
import { toast } from '../ui/toasts'

/** Loads an example as an assistant of one's own and opens it. */
export function useExample(): { busy: string | null; load: (name: string) => void } {
  const navigate = useNavigate()
  const [busy, setBusy] = useState<string | null>(null)
  // Made once for each: asking again after no answer makes no second one.
  const ids = useRef<Record<string, string>>({})
  const load = async (name: string) => {
    setBusy(name)
    try {
      const { assistant } = await api.loadExample(name, ids.current[name] ??= uuid7())
      delete ids.current[name]
      await queryClient.invalidateQueries({ queryKey: ['assistants'] })
      await navigate({ to: '/a/$assistant', params: { assistant: assistant.name } })
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      toast(IconAlertCircle, error.sentence)
    } finally {
      setBusy(null)
    }
  }
  return { busy, load: (name) => void load(name) }
}
