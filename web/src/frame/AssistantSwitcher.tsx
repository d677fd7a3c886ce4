import { Menu } from '@mantine/core'
import { IconDownload, IconFileImport, IconPlus, IconSelector } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api } from '../api'
import { assistantsQuery, sessionQuery } from '../app/queries'
import { Icon } from '../ui/Icon'
import { useAssistant, useMay } from './assistant'
import { words } from './words'

/** The mark of an assistant: its title's first letter. */
export function AssistantTile({ title, large = false, ink = true }: { title: string; large?: boolean; ink?: boolean }) {
  const letter = (title.trim()[0] ?? '?').toUpperCase()
  return (
    <span aria-hidden className={`mono-tile${large ? ' big' : ''}${ink ? ' ink' : ''}`}>
      {letter}
    </span>
  )
}

export function AssistantSwitcher() {
  const assistant = useAssistant()
  const [opened, setOpened] = useState(false)
  const { data, error } = useQuery({ ...assistantsQuery, enabled: opened })
  const { data: session } = useQuery(sessionQuery)
  const navigate = useNavigate()
  const mayExport = useMay('assistants:export')
  const mayCreate = session?.permissions.includes('assistants:create') ?? false
  return (
    <Menu width={260} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <button type="button" className="switcher">
          <AssistantTile title={assistant.title} />
          <h1 className="ell h">{assistant.title}</h1>
          <Icon of={IconSelector} size={14} className="t3" />
        </button>
      </Menu.Target>
      <Menu.Dropdown className="tall-menu">
        <Menu.Label>{words.assistantSwitcher.assistants}</Menu.Label>
        {!data && <Menu.Item disabled>{error ? words.assistantSwitcher.unreadable : words.assistantSwitcher.loading}</Menu.Item>}
        {data?.items.map((other) => (
          <Menu.Item
            key={other.id}
            leftSection={<AssistantTile title={other.title} ink={other.id === assistant.id} />}
            aria-current={other.id === assistant.id || undefined}
            onClick={() => void navigate({ to: '/a/$assistant/flows', params: { assistant: other.name } })}
          >
            {other.title}
          </Menu.Item>
        ))}
        <Menu.Divider />
        {mayExport && (
          <Menu.Item component="a" href={api.downloadAddress(assistant.id)} leftSection={<Icon of={IconDownload} />}>
            {words.assistantSwitcher.downloadThisProject}
          </Menu.Item>
        )}
        {mayCreate && (
          <>
            <Menu.Item leftSection={<Icon of={IconPlus} />} onClick={() => void navigate({ to: '/', search: { new: true } })}>
              {words.assistantSwitcher.newAssistant}
            </Menu.Item>
            <Menu.Item leftSection={<Icon of={IconFileImport} />} onClick={() => void navigate({ to: '/import' })}>
              {words.assistantSwitcher.importAProject}
            </Menu.Item>
          </>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
