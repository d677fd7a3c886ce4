/** A one-time link to pass on; it is shown once. */
import { IconCopy } from '@tabler/icons-react'
import { Button } from '../ui/controls'
import { copy } from '../ui/copy'
import { TextField } from '../ui/fields'
import { words } from './words'

const say = words.link

export function LinkShown({ link, onClose }: { link: string; onClose: () => void }) {
  return (
    <>
      <p className="t2">{say.why}</p>
      <div className="users-link">
        <TextField data-autofocus readOnly mono label={say.label} value={link} onFocus={(event) => event.target.select()} />
        <Button tall icon={IconCopy} onClick={() => void copy(link, say)}>
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
