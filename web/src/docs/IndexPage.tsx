/** What there is to read, for somebody who reads here for the first time. */
import { Link } from '@tanstack/react-router'
import { GROUPS } from './pages'
import { words } from './words'

export default function IndexPage() {
  return (
    <main className="work docs-work" id="work">
      <div className="docs-index">
        <h1 className="title">{words.title}</h1>
        <p className="docs-lead">{words.lead}</p>
        {GROUPS.map((group) => (
          <section key={group.title}>
            <h2 className="h">{group.title}</h2>
            <ul>
              {group.pages.map((page) => (
                <li key={page}>
                  <Link to="/docs/$page" params={{ page }} className="docs-entry">
                    <span className="med">{words.page[page].title}</span>
                    <span className="t2 small">{words.page[page].about}</span>
                  </Link>
                </li>
              ))}
              {group.title === words.groups.running && (
                <li>
                  <a href="/api/docs" target="_blank" rel="noreferrer" className="docs-entry">
                    <span className="med">
                      {words.apiOfTheStudio} <span className="sr">{words.opensInATab}</span>
                    </span>
                    <span className="t2 small">{words.aboutTheApi}</span>
                  </a>
                </li>
              )}
            </ul>
          </section>
        ))}
      </div>
    </main>
  )
}
