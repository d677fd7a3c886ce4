import { Menu } from '@mantine/core'
import { IconDots, IconDownload, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { api, type AssistantSummary } from '../api'
import { queryClient } from '../app/queries'
import { useForm } from '../frame/useForm'
import { Button, IconButton } from '../ui/controls'
import { Dialog, Leave } from '../ui/Dialog'
import { TextField } from '../ui/fields'
import { LONGEST_TITLE } from './CreateDialog'
import { Icon } from '../ui/Icon'
import { plural } from '../ui/time'
import { toast } from '../ui/toasts'
import { words } from './words'

/** What can be done with an assistant as a whole. */
export function AssistantMenu({ assistant }: { assistant: AssistantSummary }) {
  const [open, setOpen] = useState<'title' | 'delete' | null>(null)
  const may = (permission: string) => assistant.permissions.includes(permission)
  const close = () => setOpen(null)
  if (!may('settings:write') && !may('assistants:export') && !may('assistants:delete')) return null
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <IconButton icon={IconDots} label={words.assistantMenu.moreFor(assistant.title)} small />
        </Menu.Target>
        <Menu.Dropdown>
          {may('settings:write') && (
            <Menu.Item leftSection={<Icon of={IconPencil} />} onClick={() => setOpen('title')}>
              {words.assistantMenu.changeTheTitle}
            </Menu.Item>
          )}
          {may('assistants:export') && (
            <Menu.Item component="a" href={api.downloadAddress(assistant.id)} leftSection={<Icon of={IconDownload} />}>
              {words.assistantMenu.downloadTheProject}
            </Menu.Item>
          )}
          {may('assistants:delete') && (
            <>
              <Menu.Divider />
              <Menu.Item data-danger leftSection={<Icon of={IconTrash} />} onClick={() => setOpen('delete')}>
                {words.assistantMenu.delete}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Dialog title={words.assistantMenu.changeTheTitle} opened={open === 'title'} onClose={close}>
        <Title assistant={assistant} done={close} />
      </Dialog>
      <Dialog title={words.assistantMenu.deleteTheAssistant(assistant.title)} opened={open === 'delete'} onClose={close}>
        <Delete assistant={assistant} done={close} />
      </Dialog>
    </>
  )
}

function Title({ assistant, done }: { assistant: AssistantSummary; done: () => void }) {
  const [title, setTitle] = useState(assistant.title)
  const { error, field, busy, submit } = useForm(async (refuse) => {
    if (title.trim() === '') return refuse('title', words.assistantMenu.titleMissing)
    await api.retitleAssistant(assistant.id, title.trim())
    await queryClient.invalidateQueries({ queryKey: ['assistants'] })
    done()
  })
  return (
    <form onSubmit={submit}>
      <TextField data-autofocus label={words.assistantMenu.title} longest={LONGEST_TITLE} value={title} error={field === null && error ? error : field === 'title' ? error : null} onChange={(event) => setTitle(event.target.value)} />
      <div className="dialog-actions">
        <Leave onClick={done}>
          {words.assistantMenu.cancel}
        </Leave>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          {words.assistantMenu.save}
        </Button>
      </div>
    </form>
  )
}

function Delete({ assistant, done }: { assistant: AssistantSummary; done: () => void }) {
  const [typed, setTyped] = useState('')
  const { error, busy, submit } = useForm(async (refuse) => {
    if (typed !== assistant.name) return refuse('name', words.assistantMenu.typeToConfirm(assistant.name))
    await api.deleteAssistant(assistant.id)
    await queryClient.invalidateQueries({ queryKey: ['assistants'] })
    toast(IconTrash, words.assistantMenu.deleted(assistant.title))
    done()
  })
  return (
    <form onSubmit={submit}>
      <p className="t2">{words.assistantMenu.whatGoes(plural(assistant.counts['flow'] ?? 0, 'flow'))}</p>
      <div className="delete-name">
        <TextField
          data-autofocus
          mono
          error={error}
          label={
            <span>
              {words.assistantMenu.type} <span className="mono">{assistant.name}</span> {words.assistantMenu.toConfirm}
            </span>
          }
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
        />
      </div>
      <div className="dialog-actions">
        {assistant.permissions.includes('assistants:export') && (
          <a className="btn quiet form" href={api.downloadAddress(assistant.id)}>
            <Icon of={IconDownload} />
            {words.assistantMenu.downloadFirst}
          </a>
        )}
        <span className="sp" />
        <Leave onClick={done}>
          {words.assistantMenu.cancel}
        </Leave>
        <Button tall look="solid-danger" icon={IconTrash} type="submit" aria-busy={busy}>
          {words.assistantMenu.delete}
        </Button>
      </div>
    </form>
  )
}
