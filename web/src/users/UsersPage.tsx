/** Everybody who may sign in, what they hold, and the ways to let somebody in or out. */
import { IconLock, IconUserPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { assistantsQuery, sessionQuery } from '../app/queries'
import type { UserShown } from '../api/users'
import { Avatar, Button } from '../ui/controls'
import { SearchInput } from '../ui/fields'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { longTime } from '../ui/time'
import { InviteDialog } from './InviteDialog'
import { heldBy, MANAGE, rolesQuery, usersQuery } from './people'
import { UserMenu } from './UserMenu'
import { words } from './words'
import './users.css'

export default function UsersPage() {
  const { data: session } = useQuery(sessionQuery)
  if (session === undefined) return null
  if (session.permissions.includes(MANAGE)) return <Users me={session.person.id} />
  return (
    <main className="work" id="work">
      <h1 className="sr">{words.title}</h1>
      <Empty icon={IconLock} title={words.notAllowed}>
        {words.notAllowedWhy}
      </Empty>
    </main>
  )
}

function Users({ me }: { me: string }) {
  const { data, error, refetch } = useQuery(usersQuery)
  const [filter, setFilter] = useState('')
  const [inviting, setInviting] = useState(false)
  const wanted = filter.trim().toLowerCase()
  const shown = data?.filter((user) => [user.name, user.email, ...user.usernames].join(' ').toLowerCase().includes(wanted))
  return (
    <main className="work users-work" id="work">
      <div className="hs users-head">
        <h1 className="title grow">{words.title}</h1>
        <SearchInput label={words.filter} value={filter} onChange={setFilter} width={220} />
        <Button look="primary" icon={IconUserPlus} onClick={() => setInviting(true)}>
          {words.invite.button}
        </Button>
      </div>
      {error && !data ? (
        <Failure what={words.unreadable} error={error} again={() => void refetch()} />
      ) : (
        <>
          <div className="card users-card">
            {shown?.length === 0 ? <p className="t3 none-fits">{words.nobody}</p> : shown ? <Table users={shown} me={me} /> : <SkeletonRows rows={4} widths={[220, 260, 100]} height={48} />}
          </div>
          {shown && data && <p className="micro t3 users-foot">{words.count(shown.length, data.length)}</p>}
        </>
      )}
      <InviteDialog opened={inviting} onClose={() => setInviting(false)} />
    </main>
  )
}

function Table({ users, me }: { users: readonly UserShown[]; me: string }) {
  const { columns } = words
  return (
    <table className="table users">
      <colgroup>
        <col className="users-person" />
        <col />
        <col className="users-seen" />
        <col className="users-more" />
      </colgroup>
      <thead>
        <tr>
          <th>{columns.person}</th>
          <th>{columns.roles}</th>
          <th>{columns.seen}</th>
          <th>
            <span className="sr">{columns.more}</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <Row key={user.id} user={user} isMe={user.id === me} />
        ))}
      </tbody>
    </table>
  )
}

function Row({ user, isMe }: { user: UserShown; isMe: boolean }) {
  const { data: roles } = useQuery(rolesQuery)
  const { data: assistants } = useQuery(assistantsQuery)
  const held = heldBy(user, roles ?? [], assistants?.items ?? [])
  const below = user.email ?? user.usernames.filter((name) => name !== user.name.toLowerCase()).join(', ')
  return (
    <tr>
      <td>
        <span className="hs users-name">
          <Avatar name={user.name} />
          <span className="users-who">
            <span className="med ell">
              {user.name} {isMe && <span className="t3">({words.you})</span>}
            </span>
            {below !== '' && <span className="small t3 ell">{below}</span>}
          </span>
          {user.disabled && <span className="tag err">{words.disabled}</span>}
        </span>
      </td>
      <td>
        <span className="users-tags">
          {held.length === 0 && <span className="t3">{words.noRoles}</span>}
          {(!roles || !assistants) && held.length > 0 && <span className="sk" style={{ width: 96 }} />}
          {roles && assistants && held.map((one) => (
            <span key={`${one.role} ${one.assistant ?? ''}`} className="tag line">
              {one.label}
            </span>
          ))}
        </span>
      </td>
      <td className="t2 num">{user.seen_at === null ? <span className="t3">{words.never}</span> : longTime(user.seen_at)}</td>
      <td>
        <UserMenu user={user} held={held} />
      </td>
    </tr>
  )
}
