import { IconRocket } from '@tabler/icons-react'
import type { Version } from '../api'
import { openDock } from '../frame/layout'
import { run } from '../frame/running'
import { toast } from '../ui/toasts'

/** Opens Try with a version: one that neither answers nor sleeps is deployed first, and the chat goes there from its next turn. */
export function useTalk(assistant: string): (version: Version, answers: boolean) => void {
  const talk = async (version: Version, answers: boolean) => {
    if (!answers) {
      if (!(await run(assistant, version.id))) return
      toast(IconRocket, `Version ${version.number} is starting; Try talks to it as soon as it answers.`)
    }
    openDock()
  }
  return (version, answers) => void talk(version, answers)
}
