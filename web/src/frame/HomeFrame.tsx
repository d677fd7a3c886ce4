/** The frame outside any assistant. */
import { IconBook2, IconChevronRight, IconRobot, IconUsers } from '@tabler/icons-react'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { sessionQuery } from '../app/queries'
import { useLive } from '../events/useLive'
import { SkipLink } from '../focus/SkipLink'
import { Icon } from '../ui/Icon'
import { Tip } from '../ui/controls'
import { words as usersWords } from '../users/words'
import { Logo } from './Logo'
import { OfflineBanner } from './OfflineBanner'
import { PaletteButton } from './PaletteButton'
import { PersonMenu } from './PersonMenu'
import { words } from './words'

export function HomeFrame({ children }: { children?: ReactNode }) {
  useLive(null)
  const { data: session } = useQuery(sessionQuery)
  const onUsers = useLocation({ select: (location) => location.pathname === '/users' })
  const reading = useLocation({ select: (location) => /^\/docs(\/|$)/.test(location.pathname) })
  const importing = useLocation({ select: (location) => location.pathname === '/import' })
  return (
    <div className="app">
      <SkipLink>{words.homeFrame.skipToTheContent}</SkipLink>
      <nav className="rail" aria-label={words.homeFrame.sections}>
        <Logo />
        <Tip label={words.homeFrame.assistants} position="right">
          <Link to="/" aria-label={words.homeFrame.assistants} aria-current={onUsers || reading ? undefined : 'page'}>
            <Icon of={IconRobot} size={20} />
          </Link>
        </Tip>
        <span className="gap" />
        {session?.permissions.includes('users:manage') && (
          <Tip label={usersWords.title} position="right">
            <Link to="/users" aria-label={usersWords.title} aria-current={onUsers ? 'page' : undefined}>
              <Icon of={IconUsers} size={20} />
            </Link>
          </Tip>
        )}
      </nav>
      <header className="topbar">
        <div className="side">
          {importing ? (
            <nav className="crumbs" aria-label={words.homeFrame.whereYouAre}>
              <Link to="/" className="switcher crumb-link">
                {words.homeFrame.assistants}
              </Link>
              <Icon of={IconChevronRight} size={14} className="t3" />
              <span className="switcher" aria-current="page">
                {words.homeFrame.importAProject}
              </span>
            </nav>
          ) : (
            <span className="switcher">{words.homeFrame.talkwright}</span>
          )}
        </div>
        <PaletteButton />
        <div className="side end">
          <Link to="/docs" className="btn quiet docs-link">
            <Icon of={IconBook2} />
            <span className="wide">{words.homeFrame.documentation}</span>
          </Link>
          <PersonMenu />
        </div>
      </header>
      <div className="main">
        <OfflineBanner />
        {children ?? <Outlet />}
      </div>
    </div>
  )
}
