/** One page of the documentation. */
import { Link, useLoaderData, useLocation, useParams } from '@tanstack/react-router'
import { useCallback, useEffect, useRef, useState, type ComponentProps } from 'react'
import { words } from './words'

/** So many parts make a list of them worth its room. */
const SEVERAL = 3

export default function DocPage() {
  const { Text } = useLoaderData({ from: '/home/docs/$page' })
  const { page } = useParams({ from: '/home/docs/$page' })
  const hash = useLocation({ select: (location) => location.hash })
  const work = useRef<HTMLElement>(null)
  // The text is made at build time; its parts are read where it stands.
  const [parts, setParts] = useState<readonly { id: string; title: string }[]>([])
  const read = useCallback((text: HTMLElement | null) => {
    if (text) setParts(Array.from(text.querySelectorAll('h2[id]'), ({ id, textContent }) => ({ id, title: textContent })))
  }, [])
  useEffect(() => {
    const heading = hash === '' ? null : document.getElementById(hash)
    if (heading) heading.scrollIntoView()
    else work.current?.scrollTo(0, 0)
  }, [page, hash])
  return (
    <main className="work docs-work" id="work" ref={work}>
      <article className="docs-text" key={page} ref={read}>
        <Link to="/docs" className="link docs-all" activeOptions={{ exact: true }}>
          {words.allPages}
        </Link>
        <Text components={ELEMENTS} />
      </article>
      {parts.length >= SEVERAL && (
        <nav className="docs-parts" aria-label={words.onThisPage}>
          <h2 className="small med">{words.onThisPage}</h2>
          <ul>
            {parts.map(({ id, title }) => (
              <li key={id}>
                <a href={`#${id}`} aria-current={hash === id ? 'location' : undefined}>
                  {title}
                </a>
              </li>
            ))}
          </ul>
        </nav>
      )}
    </main>
  )
}

/** All links that are left in a text lead to pages, or to a part of their own (rendering.ts). */
function PageLink({ href = '', children }: ComponentProps<'a'>) {
  const [path = '', hash] = href.split('#')
  if (path === '')
    return (
      <a href={href} className="link">
        {children}
      </a>
    )
  return (
    <Link to="/docs/$page" params={{ page: path.replace('/docs/', '') }} {...(hash === undefined ? {} : { hash })} className="link">
      {children}
    </Link>
  )
}

function anchored(Heading: 'h2' | 'h3' | 'h4') {
  return function Anchored({ id = '', children }: ComponentProps<'h2'>) {
    return (
      <Heading id={id}>
        <a href={`#${id}`} className="docs-anchor">
          {children}
        </a>
      </Heading>
    )
  }
}

/** An empty head names nothing. */
function Head({ children, ...rest }: ComponentProps<'th'>) {
  return children === undefined ? <td {...rest} /> : <th {...rest}>{children}</th>
}

const ELEMENTS = { a: PageLink, th: Head, h2: anchored('h2'), h3: anchored('h3'), h4: anchored('h4') }
