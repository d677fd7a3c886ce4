import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api'
import { queryClient } from '../app/queries'
import { uuid7 } from '../documents'
import { languageName } from '../frame/assistant'
import { useForm } from '../frame/useForm'
import { Button } from '../ui/controls'
import { Dialog, Leave } from '../ui/Dialog'
import { SelectField, TextField } from '../ui/fields'
import { words } from './words'

/** As long as the server takes. */
export const LONGEST_TITLE = 120
export const LONGEST_NAME = 60

const LANGUAGES = ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl', 'sv', 'da', 'fi', 'cs', 'tr', 'el', 'ar', 'hi', 'ja', 'ko', 'zh']
const OPTIONS = LANGUAGES.map((value) => ({ value, label: languageName(value) }))

/** The name that a bot is known by, made from the title: lower case letters, digits and hyphens. */
export function nameFrom(title: string): string {
  return title
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, LONGEST_NAME)
}

/** A name that is taken is said at its field. */
export const NAME_TAKEN = { 'name-taken': 'name' }

export function CreateDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Dialog title={words.createDialog.newAssistant} opened={opened} onClose={onClose}>
      <CreateForm onClose={onClose} />
    </Dialog>
  )
}

function CreateForm({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate()
  const [title, setTitle] = useState('')
  const [typedName, setName] = useState<string | null>(null)
  const [language, setLanguage] = useState('en')
  // Made once: asking twice makes one assistant.
  const [id] = useState(() => uuid7())
  const name = typedName ?? nameFrom(title)
  const { error, field, busy, submit } = useForm(async (refuse) => {
    if (title.trim() === '') return refuse('title', words.createDialog.titleMissing)
    if (!/^[a-z0-9][a-z0-9_-]*$/.test(name)) return refuse('name', words.createDialog.nameWrong)
    const made = await api.createAssistant({ id, name, title: title.trim(), language })
    await queryClient.invalidateQueries({ queryKey: ['assistants'] })
    await navigate({ to: '/a/$assistant', params: { assistant: made.name } })
  }, NAME_TAKEN)
  return (
    <form onSubmit={submit}>
      <TextField data-autofocus label={words.createDialog.title} placeholder={words.createDialog.travelDesk} longest={LONGEST_TITLE} value={title} error={field === 'title' ? error : null} onChange={(event) => setTitle(event.target.value)} />
      <TextField
        label={words.createDialog.id}
        mono
        longest={LONGEST_NAME}
        hint={words.createDialog.idHint}
        value={name}
        error={field === 'name' ? error : null}
        onChange={(event) => setName(event.target.value)}
      />
      <SelectField label={words.createDialog.language} value={language} options={OPTIONS} onChange={setLanguage} />
      <p className="small t3 dialog-note">{words.createDialog.whatItBrings}</p>
      {field === null && error && (
        <p className="c-err small" role="alert">
          {error}
        </p>
      )}
      <div className="dialog-actions">
        <Leave onClick={onClose}>
          {words.createDialog.cancel}
        </Leave>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          {words.createDialog.create}
        </Button>
      </div>
    </form>
  )
}
