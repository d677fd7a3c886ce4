/** Has a trained version run, and says so; it gets the assistant's talk as soon as it answers. */
import { IconAlertCircle } from '@tabler/icons-react'
import { api, ApiError } from '../api'
import { queryClient } from '../app/queries'
import { uuid7 } from '../documents'
import { toast } from '../ui/toasts'
import { words } from './words'

/** True where it was taken on; where not, the reason has been shown. */
export async function run(assistant: string, version: string): Promise<boolean> {
  try {
    await api.startDeployment(assistant, uuid7(), version)
    return true
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    toast(IconAlertCircle, error.code === 'quota-reached' ? words.running.quotaReached(error.detail) : error.sentence)
    return false
  } finally {
    await Promise.all(['deployments', 'versions'].map((key) => queryClient.invalidateQueries({ queryKey: [key, assistant] })))
  }
}
