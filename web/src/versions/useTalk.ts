import { IconAlertCircle, IconRocket } from '@tabler/icons-react'
import { api, ApiError, type Version } from '../api'
import { queryClient } from '../app/queries'
import { uuid7 } from '../documents'
import { openDock } from '../frame/layout'
import { toast } from '../ui/toasts'

/** Opens Try with a version: one that isn't running is deployed first, and the chat goes there from its next turn. */
export function useTalk(assistant: string): (version: Version) => void {
  const talk = async (version: Version) => {
    if (!version.active) {
      try {
        await api.startDeployment(assistant, uuid7(), version.id)
        toast(IconRocket, `Version ${version.number} is starting; Try talks to it as soon as it answers.`)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        toast(IconAlertCircle, error.sentence)
        return
      }
      for (const key of ['deployments', 'versions']) void queryClient.invalidateQueries({ queryKey: [key, assistant] })
    }
    openDock()
  }
  return (version) => void talk(version)
}
