import { IconRocket } from '@tabler/icons-react'
import type { Version } from '../api'
import { openDock } from '../frame/layout'
import { run } from '../frame/running'
import { toast } from '../ui/toasts'

/** Opens Try with a version: one that isn't running is deployed first, and the chat goes there from its next turn. */
export function useTalk(assistant: string): (version: Version) => void {
  const talk = async (version: Version) => {
    if (!version.active) {
      if (!(await run(assistant, version.id))) return
      toast(IconRocket, `Version ${version.number} is starting; Try talks to it as soon as it answers.`)
    }
    openDock()
  }
  return (version) => void talk(version)
}
