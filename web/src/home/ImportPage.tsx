/** Import a project: choose or drop it, read what is in it, name the assistant, and only then make it. */
import { IconCircleCheck, IconFileImport, IconLock, IconReplace } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useMemo, useState, type Dispatch, type SetStateAction } from 'react'
import { api, ApiError, type AssistantSummary, type ImportReport } from '../api'
import { queryClient, sessionQuery } from '../app/queries'
import { uuid7 } from '../documents'
import { NotYours } from '../frame/NotYours'
import { wishTraining } from '../frame/onceMended'
import { useForm } from '../frame/useForm'
import { useIsShown } from '../frame/useIsShown'
import { Button, Check } from '../ui/controls'
import { TextField } from '../ui/fields'
import { Icon } from '../ui/Icon'
import { Failure, SkeletonRows } from '../ui/states'
import { plural } from '../ui/time'
import { toast } from '../ui/toasts'
import type { Chosen } from './archive'
import { LONGEST_NAME, LONGEST_TITLE, NAME_TAKEN, nameFrom } from './CreateDialog'
import { DropZone } from './DropZone'
import { ArchiveCard, Found, FoundFiles, itemsIn, Languages } from './Found'
import { Report } from './Report'
import { choose, useChosen } from './useChoosing'
import { fileName, useTrial } from './useTrial'
import './home.css'
import { words } from './words'

interface Imported {
  assistant: AssistantSummary
  report: ImportReport
  chosen: Chosen
  wished: boolean
}

export default function ImportPage() {
  const { data: session } = useQuery(sessionQuery)
  if (session === undefined || session.permissions.includes('assistants:import')) return <Import />
  return <NotYours page={words.importPage.importAProject} icon={IconLock} title={words.importPage.notYours} why={words.importPage.notYoursWhy} />
}

function Import() {
  const chosen = useChosen((state) => state.chosen)
  const [imported, setImported] = useState<Imported | null>(null)
  const isShown = useIsShown()
  const navigate = useNavigate()
  if (imported !== null) return <Report {...imported} onMore={() => setImported(null)} />
  const done = (answer: Imported) => {
    // Another may have been chosen meanwhile, on a page that was opened anew.
    if (useChosen.getState().chosen === answer.chosen) choose(null)
    if (isShown()) setImported(answer)
    else {
      const { name, title } = answer.assistant
      toast(IconCircleCheck, words.report.isHere(title), { label: words.importPage.open, run: () => void navigate({ to: '/a/$assistant', params: { assistant: name } }) })
    }
  }
  return <Choose chosen={chosen} onChoose={choose} onDone={done} />
}

function Choose({ chosen, onChoose, onDone }: { chosen: Chosen | null; onChoose: (chosen: Chosen | null) => void; onDone: (imported: Imported) => void }) {
  const [typedTitle, setTitle] = useState<string | null>(null)
  const [typedName, setName] = useState<string | null>(null)
  const [wishes, setWishes] = useState(false)
  // Made once for each archive: asking twice makes one assistant.
  const id = useMemo(() => (chosen === null ? '' : uuid7()), [chosen])
  const trial = useTrial(chosen, id)
  const found = trial.data
  const errors = found?.report.problems.filter(({ severity }) => severity === 'error').length ?? 0
  const mayTrain = found?.assistant.permissions.includes('trainings:write') ?? false
  const title = typedTitle ?? found?.assistant.title ?? ''
  const name = typedName ?? found?.assistant.name ?? ''
  const { error, field, busy, submit } = useForm(async (refuse) => {
    if (chosen === null) return refuse('archive', words.importPage.archiveMissing)
    // The button stays a stop while the project is read, for whoever goes there by key.
    if (trial.isLoading) return undefined
    if (typedName && nameFrom(typedName) !== typedName) return refuse('name', words.importPage.nameWrong)
    // What nobody typed is the server's to choose: it takes what is free by then.
    const answer = await api.importAssistant(chosen.archive, { id, name: typedName || undefined, title: typedTitle?.trim() || undefined, file: fileName(chosen) })
    const wished = wishes && errors > 0
    if (wished) wishTraining(answer.assistant.id)
    await queryClient.invalidateQueries({ queryKey: ['assistants'] })
    onDone({ ...answer, chosen, wished })
  }, NAME_TAKEN)
  /** What the project says comes into no field that somebody is about to write in; one left empty takes it. */
  const ownWhileFocused = (set: Dispatch<SetStateAction<string | null>>) => ({
    onFocus: () => {
      if (!found) set((typed) => typed ?? '')
    },
    onBlur: () => set((typed) => typed || null),
  })
  const another = () => {
    setTitle(null)
    setName(null)
    setWishes(false)
    onChoose(null)
  }
  return (
    <form className="main" onSubmit={submit}>
      <div className="body stacks">
        <main className="work import-work" id="work">
          <div className="hs home-head">
            <h1 className="title grow">{words.importPage.importAProject}</h1>
            <span className="small t3">{chosen === null ? words.importPage.comesInWhole : words.importPage.nothingWritten}</span>
          </div>
          {chosen === null ? (
            <DropZone onChoose={onChoose} />
          ) : (
            <ArchiveCard chosen={chosen} report={found?.report}>
              {found && (
                <span className="status c-ok small" role="status">
                  <Icon of={IconCircleCheck} size={14} />
                  {words.importPage.readable}
                </span>
              )}
              <Button icon={IconReplace} onClick={another}>
                {words.importPage.chooseAnother}
              </Button>
            </ArchiveCard>
          )}
          {error && field !== 'name' && (
            <p className="c-err import-error" role="alert">
              {error}
            </p>
          )}
          {chosen !== null && <Tried trial={trial} told={error !== null} />}
        </main>
        <aside className="side-i" aria-label={words.importPage.intoANewAssistant}>
          <h2 className="h home-head">{words.importPage.intoANewAssistant}</h2>
          <TextField label={words.importPage.title} placeholder={words.importPage.fromTheProject} longest={LONGEST_TITLE} value={title} onChange={(event) => setTitle(event.target.value)} {...ownWhileFocused(setTitle)} />
          <TextField
            label={words.importPage.id}
            mono
            placeholder={words.importPage.fromConfigYml}
            longest={LONGEST_NAME}
            hint={words.importPage.idHint}
            value={name}
            error={field === 'name' ? error : null}
            onChange={(event) => setName(event.target.value)}
            {...ownWhileFocused(setName)}
          />
          {found && <Languages assistant={found.assistant} />}
          {found && chosen && <FoundFiles report={found.report} chosen={chosen} />}
        </aside>
      </div>
      <footer className="acts-b">
        {errors > 0 && mayTrain && <Check checked={wishes} onChange={setWishes} label={words.importPage.trainOnceMended(errors)} />}
        <span className="sp" />
        <Link to="/" className="btn form" onClick={() => onChoose(null)}>
          {busy ? words.importPage.goOn : words.importPage.cancel}
        </Link>
        <Button tall look="primary" icon={IconFileImport} type="submit" aria-busy={busy} aria-disabled={trial.isLoading}>
          {busy ? words.importPage.importing : trial.isLoading ? words.importPage.reading : found ? words.importPage.importItems(plural(itemsIn(found.report), 'item')) : words.importPage.import}
        </Button>
      </footer>
    </form>
  )
}

/** What the archive holds, before anything is made of it. `told`: the form says already what is wrong. */
function Tried({ trial, told }: { trial: ReturnType<typeof useTrial>; told: boolean }) {
  if (trial.data) return <Found report={trial.data.report} assistant={null} />
  // What is refused for what it holds is refused each time.
  const again = trial.error instanceof ApiError && trial.error.status === 422 ? {} : { again: () => void trial.refetch() }
  if (trial.error) return told ? null : <Failure what={words.importPage.unreadable} error={trial.error} {...again} />
  return (
    <div className="sech">
      <SkeletonRows rows={3} widths={[200, 320]} height={56} />
    </div>
  )
}
