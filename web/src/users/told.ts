import { IconAlertCircle } from '@tabler/icons-react'
import { ApiError } from '../api'
import { toast } from '../ui/toasts'

/** Does something; where it is refused, says why. */
export async function told(deed: () => Promise<void>): Promise<void> {
  try {
    await deed()
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    toast(IconAlertCircle, error.detail || error.title)
  }
}
