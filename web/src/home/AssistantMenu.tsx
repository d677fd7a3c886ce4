import { Menu } from '@mantine/core'
import { IconDots, IconDownload, IconPencil, IconTrash } from '@tabler/icons-react'
import { useState } from 'react'
import { api, type AssistantSummary } from '../api'
import { queryClient } from '../app/queries'
import { useForm } from '../frame/useForm'
import { Button, IconButton } from '../ui/controls'
import { Dialog, TextField } from '../ui/fields'
import { LONGEST_TITLE } from './CreateDialog'
import { Icon } from '../ui/Icon'
import { plural } from '../ui/time'
import { toast } from '../ui/toasts'

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
          <IconButton icon={IconDots} label={`More for ${assistant.title}`} small />
        </Menu.Target>
        <Menu.Dropdown>
          {may('settings:write') && (
            <Menu.Item leftSection={<Icon of={IconPencil} />} onClick={() => setOpen('title')}>
              Change the title
            </Menu.Item>
          )}
          {may('assistants:export') && (
            <Menu.Item component="a" href={api.downloadAddress(assistant.id)} leftSection={<Icon of={IconDownload} />}>
              Download the project
            </Menu.Item>
          )}
          {may('assistants:delete') && (
            <>
              <Menu.Divider />
              <Menu.Item data-danger leftSection={<Icon of={IconTrash} />} onClick={() => setOpen('delete')}>
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      <Dialog title="Change the title" opened={open === 'title'} onClose={close}>
        <Title assistant={assistant} done={close} />
      </Dialog>
      <Dialog title={`Delete the assistant ${assistant.title}?`} opened={open === 'delete'} onClose={close}>
        <Delete assistant={assistant} done={close} />
      </Dialog>
    </>
  )
}

function Title({ assistant, done }: { assistant: AssistantSummary; done: () => void }) {
  const [title, setTitle] = useState(assistant.title)
  const { error, field, busy, submit } = useForm(async (refuse) => {
    if (title.trim() === '') return refuse('title', 'A title needs a letter at least.')
    await api.retitleAssistant(assistant.id, title.trim())
    await queryClient.invalidateQueries({ queryKey: ['assistants'] })
    done()
  })
  return (
    <form onSubmit={submit}>
      <TextField data-autofocus label="Title" maxLength={LONGEST_TITLE} value={title} error={field === null && error ? error : field === 'title' ? error : null} onChange={(event) => setTitle(event.target.value)} />
      <div className="dialog-actions">
        <Button tall onClick={done}>
          Cancel
        </Button>
        <Button tall look="primary" type="submit" aria-busy={busy}>
          Save
        </Button>
      </div>
    </form>
  )
}

function Delete({ assistant, done }: { assistant: AssistantSummary; done: () => void }) {
  const [typed, setTyped] = useState('')
  const { error, busy, submit } = useForm(async (refuse) => {
    if (typed !== assistant.name) return refuse('name', `Type ${assistant.name} to confirm.`)
    await api.deleteAssistant(assistant.id)
    await queryClient.invalidateQueries({ queryKey: ['assistants'] })
    toast(IconTrash, `Deleted ${assistant.title}`)
    done()
  })
  return (
    <form onSubmit={submit}>
      <p className="t2">{`Its ${plural(assistant.counts['flow'] ?? 0, 'flow')}, its versions and its chats go for good. This can’t be undone.`}</p>
      <div className="delete-name">
        <TextField
          data-autofocus
          mono
          error={error}
          label={
            <span>
              Type <span className="mono">{assistant.name}</span> to confirm
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
            Download first
          </a>
        )}
        <span className="sp" />
        <Button tall onClick={done}>
          Cancel
        </Button>
        <Button tall look="solid-danger" icon={IconTrash} type="submit" aria-busy={busy}>
          Delete
        </Button>
      </div>
    </form>
  )
}
