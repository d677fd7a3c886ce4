import { IconFileZip, IconFolder } from '@tabler/icons-react'
import { useId } from 'react'
import { Icon } from '../ui/Icon'
import { ARCHIVES, type Chosen } from './archive'
import { useChoosing } from './useChoosing'
import { words } from './words'

/** A place to drop a project on, with two buttons that do the same. */
export function DropZone({ onChoose }: { onChoose: (chosen: Chosen) => void }) {
  const { over, error, archive, folder, target } = useChoosing(onChoose)
  const id = useId()
  return (
    // Dropping is an extra for the mouse: the two buttons do the same.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section className="drop drop-open" aria-label={words.dropZone.project} data-over={over || undefined} {...target}>
      <span className="tile k-run">
        <Icon of={IconFileZip} size={20} />
      </span>
      <div>
        <div className="med">{words.dropZone.dropAProjectHere}</div>
        <p className="small t3">{words.dropZone.whatToDrop}</p>
      </div>
      <div className="hs">
        <span>
          <input id={`${id}-archive`} className="file-input" type="file" accept={ARCHIVES} onChange={(event) => event.target.files?.[0] && archive(event.target.files[0])} />
          <label className="btn" htmlFor={`${id}-archive`}>
            <Icon of={IconFileZip} />
            {words.dropZone.chooseAnArchive}
          </label>
        </span>
        <span>
          <input
            id={`${id}-folder`}
            className="file-input"
            type="file"
            ref={(input) => input?.setAttribute('webkitdirectory', '')}
            onChange={(event) => event.target.files && folder([...event.target.files])}
          />
          <label className="btn" htmlFor={`${id}-folder`}>
            <Icon of={IconFolder} />
            {words.dropZone.chooseAFolder}
          </label>
        </span>
      </div>
      {error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
    </section>
  )
}
