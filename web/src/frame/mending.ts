/** How a problem is mended whose mend validation knows. */
import { IconWand } from '@tabler/icons-react'
import { api, ApiError, type Problem } from '../api'
import { untilAnswered } from '../api/untilAnswered'
import { contentChanged, isShown } from '../app/queries'
import { storeOf } from '../app/stores'
import { uuid7 } from '../documents'
import { toast } from '../ui/toasts'

/** Whether validation knows how. */
export const canMend = ({ fix }: Problem) => fix !== null && fix.length > 0

/** Mends it in the saved content; what the server refuses is said, and one that is away is asked again for a while. */
export async function mend(assistant: string, { fix, code, name, item }: Problem): Promise<void> {
  try {
    const id = uuid7()
    await untilAnswered(() => api.sendChange(assistant, { id, command: { name: 'apply-fix', arguments: { code, name } }, edits: fix ?? [] }))
    await storeOf(assistant).others.changed(item ? [{ id: item }] : [], (shown) => isShown(assistant, shown))
    contentChanged(assistant)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    toast(IconWand, error.sentence)
  }
}
