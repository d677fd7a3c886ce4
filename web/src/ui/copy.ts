import { IconCopy } from '@tabler/icons-react'
import { toast } from './toasts'

/** Copies a text and says so; where the browser doesn't let it, it says what to do instead. */
export async function copy(text: string, { copied, uncopied }: { copied: string; uncopied: string }): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    toast(IconCopy, copied)
  } catch {
    toast(IconCopy, uncopied)
  }
}
