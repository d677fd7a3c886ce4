/** The list of the documentation's pages, beside the one that is open. */
import { IconExternalLink } from '@tabler/icons-react'
import { Link, Outlet } from '@tanstack/react-router'
import { Icon } from '../ui/Icon'
import { GROUPS } from './pages'
import { words } from './words'
import './docs.css'

export default function DocsFrame() {
  return (
    <div className="body">
      <nav className="pane docs-list" aria-label={words.pages}>
        <div className="scroll docs-scroll">
          <ul className="rows">
            <li>
              <Link to="/docs" className="row" activeOptions={{ exact: true }} activeProps={{ className: 'sel' }}>
                {words.overview}
              </Link>
            </li>
          </ul>
          {GROUPS.map((group) => (
            <section key={group.title} aria-label={group.title}>
              <div className="group" aria-hidden="true">
                {group.title}
              </div>
              <ul className="rows">
                {group.pages.map((page) => (
                  <li key={page}>
                    <Link to="/docs/$page" params={{ page }} className="row" activeOptions={{ includeHash: false }} activeProps={{ className: 'sel' }}>
                      <span className="ell">{words.page[page].title}</span>
                    </Link>
                  </li>
                ))}
              </ul>
            </section>
          ))}
          <ul className="rows docs-api">
            <li>
              <a className="row" href="/api/docs" target="_blank" rel="noreferrer">
                <span className="ell">{words.apiOfTheStudio}</span>
                <Icon of={IconExternalLink} size={14} />
                <span className="sr">{words.opensInATab}</span>
              </a>
            </li>
          </ul>
        </div>
      </nav>
      <Outlet />
    </div>
  )
}
