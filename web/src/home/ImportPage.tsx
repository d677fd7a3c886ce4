/** Import a project: choose or drop it, name the assistant, then read what came in. */
import { IconFileImport, IconFileZip, IconLock, IconReplace } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { api, type AssistantSummary, type ImportReport } from '../api'
import { queryClient, sessionQuery } from '../app/queries'
import { uuid7 } from '../documents'
import { NotYours } from '../frame/NotYours'
import { useForm } from '../frame/useForm'
import { Button } from '../ui/controls'
import { TextField } from '../ui/fields'
import { Icon } from '../ui/Icon'
import { bytes } from '../ui/time'
import type { Chosen } from './archive'
import { LONGEST_NAME, LONGEST_TITLE, NAME_TAKEN, nameFrom } from './CreateDialog'
import { DropZone } from './DropZone'
import { Report } from './Report'
import { choose, useChosen } from './useChoosing'
import './home.css'
import { words } from './words'

/** As much of a file's name as the server takes. */
const LONGEST_FILE = 255

interface Imported {
  assistant: AssistantSummary
  report: ImportReport
  chosen: Chosen
}

export default function ImportPage() {
  const { data: session } = useQuery(sessionQuery)
  if (session === undefined || session.permissions.includes('assistants:import')) return <Import />
  return <NotYours page={words.importPage.importAProject} icon={IconLock} title={words.importPage.notYours} why={words.importPage.notYoursWhy} />
}

function Import() {
  const chosen = useChosen((state) => state.chosen)
  const [imported, setImported] = useState<Imported | null>(null)
  if (imported !== null) return <Report {...imported} onMore={() => setImported(null)} />
  const done = (answer: Imported) => {
    choose(null)
    setImported(answer)
  }
  return <Choose chosen={chosen} onChoose={choose} onDone={done} />
}

function Choose({ chosen, onChoose, onDone }: { chosen: Chosen | null; onChoose: (chosen: Chosen | null) => void; onDone: (imported: Imported) => void }) {
  const [title, setTitle] = useState('')
  const [typedName, setName] = useState<string | null>(null)
  // Made once for each archive: asking twice makes one assistant.
  const id = useMemo(() => (chosen === null ? '' : uuid7()), [chosen])
  const name = typedName ?? nameFrom(title)
  const { error, field, busy, submit } = useForm(async (refuse) => {
    if (chosen === null) return refuse('archive', words.importPage.archiveMissing)
    if (name !== '' && nameFrom(name) !== name) return refuse('name', words.importPage.nameWrong)
    const answer = await api.importAssistant(chosen.archive, { id, name: name || undefined, title: title.trim() || undefined, file: chosen.name.slice(-LONGEST_FILE) })
    await queryClient.invalidateQueries({ queryKey: ['assistants'] })
    onDone({ ...answer, chosen })
  }, NAME_TAKEN)
  return (
    <form className="main" onSubmit={submit}>
      <div className="body stacks">
        <main className="work import-work" id="work">
          <div className="hs home-head">
            <h1 className="title grow">{words.importPage.importAProject}</h1>
            <span className="small t3">{words.importPage.comesInWhole}</span>
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
                {words.importPage.chooseAnother}
              </Button>
            </div>
          )}
          {error && field !== 'name' && (
            <p className="c-err import-error" role="alert">
              {error}
            </p>
          )}
        </main>
        <aside className="side-i" aria-label={words.importPage.intoANewAssistant}>
          <h2 className="h home-head">{words.importPage.intoANewAssistant}</h2>
          <TextField label={words.importPage.title} placeholder={words.importPage.fromTheProject} longest={LONGEST_TITLE} value={title} onChange={(event) => setTitle(event.target.value)} />
          <TextField
            label={words.importPage.id}
            mono
            placeholder={words.importPage.fromConfigYml}
            longest={LONGEST_NAME}
            hint={words.importPage.idHint}
            value={name}
            error={field === 'name' ? error : null}
            onChange={(event) => setName(event.target.value)}
          />
        </aside>
      </div>
      <footer className="acts-b">
        <span className="sp" />
        <Link to="/" className="btn form">
          {words.importPage.cancel}
        </Link>
        <Button tall look="primary" icon={IconFileImport} type="submit" aria-busy={busy}>
          {busy ? words.importPage.importing : words.importPage.import}
        </Button>
      </footer>
    </form>
  )
}
