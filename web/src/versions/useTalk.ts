import { IconRocket } from '@tabler/icons-react'
import { useState } from 'react'
import type { Version } from '../api'
import { openDock } from '../frame/layout'
import { run } from '../frame/running'
import { toast } from '../ui/toasts'
import { words } from './words'

/** Opens Try with a version: one that neither answers nor sleeps is deployed first, and the chat goes there from its next turn. The first says whether that is under way. */
export function useTalk(assistant: string): [busy: boolean, talk: (version: Version, answers: boolean) => void] {
  const [busy, setBusy] = useState(false)
  const talk = async (version: Version, answers: boolean) => {
    if (!answers) {
      if (!(await run(assistant, version.id))) return
      toast(IconRocket, words.startsForTry(version.number))
    }
    openDock()
  }
  const start = (version: Version, answers: boolean) => {
    if (busy) return
    setBusy(true)
    void talk(version, answers).finally(() => setBusy(false))
  }
  return [busy, start]
}
