/** The person's own earlier chats with this assistant: each can be opened and gone on with. */
import { Menu } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { myChats } from '../api/chats'
import { IconButton } from '../ui/controls'
import { Isolated } from '../ui/Isolated'
import { longTime } from '../ui/time'
import { goOn, useChat } from './session'
import { words } from './words'

const PAGE = 20

export function Earlier({ assistant }: { assistant: string }) {
  const [opened, setOpened] = useState(false)
  const { chat } = useChat(assistant)
  const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery({
    queryKey: ['chats', assistant, 'mine'],
    queryFn: ({ pageParam }) => myChats(assistant, PAGE, pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    enabled: opened,
  })
  const chats = data?.pages.flatMap((page) => page.items) ?? []
  return (
    <Menu position="bottom-end" width={300} opened={opened} onChange={setOpened}>
      <Menu.Target>
        <IconButton icon={IconHistory} label={words.earlier.title} />
      </Menu.Target>
      <Menu.Dropdown className="tall-menu">
        <Menu.Label>{words.earlier.title}</Menu.Label>
        {!data && <Menu.Item disabled>{error ? words.earlier.unreadable : words.earlier.loading}</Menu.Item>}
        {data && chats.length === 0 && <Menu.Item disabled>{words.earlier.none}</Menu.Item>}
        {chats.map((each) => (
          <Menu.Item key={each.id} aria-current={each.id === chat?.id || undefined} onClick={() => void goOn(assistant, each)} rightSection={<span className="micro t3 num">{longTime(each.created_at)}</span>}>
            <Isolated className="ell earlier-title" text={each.title || words.earlier.untitled} />
          </Menu.Item>
        ))}
        {hasNextPage && (
          <Menu.Item closeMenuOnClick={false} onClick={() => void fetchNextPage()}>
            {words.earlier.more}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  )
}
