/** A one-time link to pass on; it is shown once. */
import { IconCopy } from '@tabler/icons-react'
import { Button } from '../ui/controls'
import { TextField } from '../ui/fields'
import { toast } from '../ui/toasts'
import { words } from './words'

const say = words.link

export function LinkShown({ link, onClose }: { link: string; onClose: () => void }) {
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link)
      toast(IconCopy, say.copied)
    } catch {
      toast(IconCopy, say.uncopied)
    }
  }
  return (
    <>
      <p className="t2">{say.why}</p>
      <div className="users-link">
        <TextField data-autofocus readOnly mono label={say.label} value={link} onFocus={(event) => event.target.select()} />
        <Button tall icon={IconCopy} onClick={() => void copy()}>
          {say.copy}
        </Button>
      </div>
      <div className="dialog-actions">
        <Button tall look="primary" onClick={onClose}>
          {words.done}
        </Button>
      </div>
    </>
  )
}
