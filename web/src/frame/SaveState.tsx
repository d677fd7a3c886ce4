/** "Saved · 14:02", "Saving…", "Offline, kept here" or "Two versions". */
import { IconAlertTriangle, IconCloudCheck, IconCloudOff, IconCloudUp, IconGitMerge } from '@tabler/icons-react'
import { useSaveState } from '../documents'
import { Icon } from '../ui/Icon'
import { shortTime } from '../ui/time'
import { words as texts } from './words'

const LOOKS = {
  saved: { icon: IconCloudCheck, colour: 't3' },
  saving: { icon: IconCloudUp, colour: 't3' },
  kept: { icon: IconCloudOff, colour: 'c-warn' },
  unread: { icon: IconAlertTriangle, colour: 'c-warn' },
  two: { icon: IconGitMerge, colour: 'c-run' },
} as const

/** What is saved of all that was changed here, and whether two versions of this page's item wait for a choice. */
export function SaveState({ item }: { item: string | undefined }) {
  const state = useSaveState(item)
  const look = LOOKS[state.kind]
  const words = {
    saved: state.kind === 'saved' && state.at !== null ? texts.saveState.savedAt(shortTime(state.at)) : texts.saveState.saved,
    saving: texts.saveState.saving,
    kept: state.kind === 'kept' && state.connection === 'barred' ? texts.saveState.keptHere : texts.saveState.offlineKeptHere,
    unread: texts.saveState.unread,
    two: texts.saveState.twoVersions,
  }[state.kind]
  return (
    <span className={`status small ${look.colour}`} role="status">
      <Icon of={look.icon} size={14} />
      <span className="num">{words}</span>
    </span>
  )
}
