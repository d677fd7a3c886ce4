/** Import a project: choose or drop it, name the assistant, then read what came in. */
import { IconFileImport, IconFileZip, IconReplace } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { api, type AssistantSummary, type ImportReport } from '../api'
import { queryClient } from '../app/queries'
import { uuid7 } from '../documents'
import { useForm } from '../frame/useForm'
import { Button } from '../ui/controls'
import { TextField } from '../ui/fields'
import { Icon } from '../ui/Icon'
import { bytes } from '../ui/time'
import type { Chosen } from './archive'
import { LONGEST_NAME, LONGEST_TITLE, nameFrom } from './CreateDialog'
import { DropZone } from './DropZone'
import { Report } from './Report'
import './home.css'

/** As much of a file's name as the server takes. */
const LONGEST_FILE = 255

interface Imported {
  assistant: AssistantSummary
  report: ImportReport
  chosen: Chosen
}

export default function ImportPage() {
  const [chosen, setChosen] = useState<Chosen | null>(null)
  const [imported, setImported] = useState<Imported | null>(null)
  if (imported !== null) return <Report {...imported} onMore={() => setImported(null)} />
  return <Choose chosen={chosen} onChoose={setChosen} onDone={setImported} />
}

function Choose({ chosen, onChoose, onDone }: { chosen: Chosen | null; onChoose: (chosen: Chosen | null) => void; onDone: (imported: Imported) => void }) {
  const [title, setTitle] = useState('')
  const [typedName, setName] = useState<string | null>(null)
  const name = typedName ?? nameFrom(title)
  const { error, field, busy, submit } = useForm(async (refuse) => {
    if (chosen === null) return refuse('archive', 'Choose an archive or a folder first.')
    if (name !== '' && nameFrom(name) !== name) return refuse('name', 'Lower case letters, digits and hyphens.')
    const answer = await api.importAssistant(chosen.archive, { id: uuid7(), name: name || undefined, title: title.trim() || undefined, file: chosen.name.slice(-LONGEST_FILE) })
    await queryClient.invalidateQueries({ queryKey: ['assistants'] })
    onDone({ ...answer, chosen })
  })
  return (
    <form className="main" onSubmit={submit}>
      <div className="body">
        <main className="work import-work" id="work">
          <div className="hs home-head">
            <h1 className="title grow">Import a project</h1>
            <span className="small t3">Everything comes in as it is, and goes out the same when you download it.</span>
          </div>
          {chosen === null ? (
            <DropZone onChoose={onChoose} />
          ) : (
            <div className="drop">
              <span className="tile k-run">
                <Icon of={IconFileZip} size={20} />
              </span>
              <div className="grow">
                <div className="med">{chosen.name}</div>
                <div className="small t3 num">{bytes(chosen.archive.size)}</div>
              </div>
              <Button icon={IconReplace} onClick={() => onChoose(null)}>
                Choose another
              </Button>
            </div>
          )}
          {error && field !== 'name' && (
            <p className="c-err import-error" role="alert">
              {error}
            </p>
          )}
        </main>
        <aside className="side-i" aria-label="Into a new assistant">
          <h2 className="h home-head">Into a new assistant</h2>
          <TextField label="Title" placeholder="From the project" maxLength={LONGEST_TITLE} value={title} onChange={(event) => setTitle(event.target.value)} />
          <TextField
            label="Id"
            mono
            placeholder="From config.yml"
            maxLength={LONGEST_NAME}
            hint="Leave both empty to take what the project says."
            value={name}
            error={field === 'name' ? error : null}
            onChange={(event) => setName(event.target.value)}
          />
        </aside>
      </div>
      <footer className="acts-b">
        <span className="sp" />
        <Link to="/" className="btn form">
          Cancel
        </Link>
        <Button tall look="primary" icon={IconFileImport} type="submit" aria-busy={busy}>
          {busy ? 'Importing…' : 'Import'}
        </Button>
      </footer>
    </form>
  )
}
