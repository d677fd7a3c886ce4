import { IconFileZip, IconFolder } from '@tabler/icons-react'
import { useId, useState, type DragEvent } from 'react'
import { Icon } from '../ui/Icon'
import { ARCHIVES, chosenArchive, chosenByDrop, chosenFolder, type Chosen } from './archive'

const NONE = 'That is neither a .zip nor a .tar.gz archive, nor a folder with files. Choose another.'

/** A place to drop a project on, with two buttons that do the same. */
export function DropZone({ onChoose }: { onChoose: (chosen: Chosen) => void }) {
  const [over, setOver] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const id = useId()
  const take = async (choosing: Promise<Chosen | null> | Chosen | null) => {
    setError(null)
    const chosen = await choosing
    if (chosen === null) setError(NONE)
    else onChoose(chosen)
  }
  const drop = (event: DragEvent) => {
    event.preventDefault()
    setOver(false)
    void take(chosenByDrop(event.dataTransfer))
  }
  const enter = (event: DragEvent) => {
    event.preventDefault()
    setOver(true)
  }
  return (
    // Dropping is an extra for the mouse: the two buttons do the same.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <section className="drop drop-open" aria-label="Project" data-over={over || undefined} onDragEnter={enter} onDragOver={enter} onDragLeave={() => setOver(false)} onDrop={drop}>
      <span className="tile k-run">
        <Icon of={IconFileZip} size={20} />
      </span>
      <div>
        <div className="med">Drop a project here</div>
        <p className="small t3">A .zip or .tar.gz archive, or the project’s folder.</p>
      </div>
      <div className="hs">
        <span>
          <input id={`${id}-archive`} className="file-input" type="file" accept={ARCHIVES} onChange={(event) => event.target.files?.[0] && void take(chosenArchive(event.target.files[0]))} />
          <label className="btn" htmlFor={`${id}-archive`}>
            <Icon of={IconFileZip} />
            Choose an archive
          </label>
        </span>
        <span>
          <input
            id={`${id}-folder`}
            className="file-input"
            type="file"
            ref={(input) => input?.setAttribute('webkitdirectory', '')}
            onChange={(event) => event.target.files && void take(chosenFolder(event.target.files))}
          />
          <label className="btn" htmlFor={`${id}-folder`}>
            <Icon of={IconFolder} />
            Choose a folder
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
