/** Every page has an address, and every selection in it. Pages are loaded when they are first opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, notFound, redirect } from '@tanstack/react-router'
import { HomeFrame } from '../frame/HomeFrame'
import { NotFound } from '../frame/NotFound'
import { Root } from '../frame/Root'
import { BareFrame, PageError, PagePending } from '../frame/pageStates'
import { CONTENT_KINDS, FILE_KINDS, NLU_KINDS } from '../frame/useItemLink'
import { piece } from './chunks'
import { nameIn, segmentOf } from './segments'

const NAMED = {
  parse: ({ name }: { name: string }) => ({ name: nameIn(name) }),
  stringify: ({ name }: { name: string }) => ({ name: segmentOf(name) }),
}

const NAMED_OF_KIND = {
  parse: ({ kind, name }: { kind: string; name: string }) => ({ kind, name: nameIn(name) }),
  stringify: ({ kind, name }: { kind: string; name: string }) => ({ kind, name: segmentOf(name) }),
}

const root = createRootRoute({
  component: Root,
  notFoundComponent: () => (
    <HomeFrame>
      <NotFound />
    </HomeFrame>
  ),
})

const home = createRoute({ getParentRoute: () => root, id: 'home', component: HomeFrame })
const assistants = createRoute({
  getParentRoute: () => home,
  path: '/',
  validateSearch: (search: Record<string, unknown>): { new?: true | undefined } => ({ new: search['new'] === true ? true : undefined }),
  component: lazyRouteComponent(() => piece(() => import('../home/HomePage'))),
})
const importing = createRoute({
  getParentRoute: () => home,
  path: '/import',
  component: lazyRouteComponent(() => piece(() => import('../home/ImportPage'))),
})
const users = createRoute({
  getParentRoute: () => home,
  path: '/users',
  component: lazyRouteComponent(() => piece(() => import('../users/UsersPage'))),
})
const docs = createRoute({
  getParentRoute: () => home,
  path: '/docs',
  notFoundComponent: () => <NotFound />,
  component: lazyRouteComponent(() => piece(() => import('../docs/DocsFrame'))),
})
const docsIndex = createRoute({ getParentRoute: () => docs, path: '/', component: lazyRouteComponent(() => piece(() => import('../docs/IndexPage'))) })
const docsPage = createRoute({
  getParentRoute: () => docs,
  path: '/$page',
  loader: async ({ params }) => {
    const { contentOf } = await piece(() => import('../docs/contents'))
    const content = await piece(() => contentOf(params.page))
    if (content === null) throw notFound()
    return content
  },
  notFoundComponent: () => <NotFound />,
  component: lazyRouteComponent(() => piece(() => import('../docs/DocPage'))),
})

// Whatever is not found below shows in the assistant's frame.
const assistant = createRoute({ getParentRoute: () => root, path: '/a/$assistant', component: lazyRouteComponent(() => piece(() => import('../frame/AssistantFrame'))), pendingComponent: BareFrame, notFoundComponent: () => <NotFound /> })
const first = createRoute({
  getParentRoute: () => assistant,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/a/$assistant/flows', params })
  },
})

export interface FlowSearch {
  /** Key of the selected step. */
  step?: string | undefined
  view?: 'yaml' | undefined
  /** A line of the YAML view to go to. */
  line?: number | undefined
}

const flows = createRoute({
  getParentRoute: () => assistant,
  path: '/flows',
  component: lazyRouteComponent(() => piece(() => import('../flows/FlowsPage'))),
})
const flow = createRoute({
  getParentRoute: () => flows,
  path: '/$flow',
  params: {
    parse: ({ flow: name }: { flow: string }) => ({ flow: nameIn(name) }),
    stringify: ({ flow: name }: { flow: string }) => ({ flow: segmentOf(name) }),
  },
  validateSearch: (search: Record<string, unknown>): FlowSearch => ({
    step: text(search['step']),
    view: search['view'] === 'yaml' ? 'yaml' : undefined,
    line: count(search['line']),
  }),
  component: lazyRouteComponent(() => piece(() => import('../flow-builder/FlowPage'))),
})

export interface ItemSearch {
  view?: 'yaml' | undefined
  line?: number | undefined
}

function itemSearch(search: Record<string, unknown>): ItemSearch {
  return { view: search['view'] === 'yaml' ? 'yaml' : undefined, line: count(search['line']) }
}

const content = createRoute({
  getParentRoute: () => assistant,
  path: '/content',
  notFoundComponent: () => <NotFound />,
  component: lazyRouteComponent(() => piece(() => import('../content/ContentPage'))),
})
const contentFirst = createRoute({
  getParentRoute: () => content,
  path: '/',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/a/$assistant/content/$kind', params: { ...params, kind: 'response' } })
  },
})
const contentKind = createRoute({
  getParentRoute: () => content,
  path: '/$kind',
  beforeLoad: ({ params }) => known(CONTENT_KINDS, params.kind, '/a/$assistant/content'),
  component: lazyRouteComponent(() => piece(() => import('../content/KindPage'))),
})
const contentItem = createRoute({
  getParentRoute: () => contentKind,
  path: '/$name',
  params: NAMED,
  validateSearch: itemSearch,
  component: lazyRouteComponent(() => piece(() => import('../content/ItemPage'))),
})

// The short addresses of responses, as people pass them on.
const responses = createRoute({
  getParentRoute: () => assistant,
  path: '/responses',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/a/$assistant/content/$kind', params: { ...params, kind: 'response' } })
  },
})
const response = createRoute({
  getParentRoute: () => assistant,
  path: '/responses/$name',
  params: NAMED,
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/a/$assistant/content/$kind/$name', params: { ...params, kind: 'response' } })
  },
})

const nlu = createRoute({ getParentRoute: () => assistant, path: '/nlu', component: lazyRouteComponent(() => piece(() => import('../nlu/NluPage'))) })
const nluItem = createRoute({
  getParentRoute: () => nlu,
  path: '/$kind/$name',
  params: NAMED_OF_KIND,
  beforeLoad: ({ params }) => known(NLU_KINDS, params.kind),
  notFoundComponent: () => <NotFound />,
  validateSearch: itemSearch,
  component: lazyRouteComponent(() => piece(() => import('../nlu/NluItemPage'))),
})

const files = createRoute({
  getParentRoute: () => assistant,
  path: '/files',
  component: lazyRouteComponent(() => piece(() => import('../files/FilesPage'))),
})
const file = createRoute({
  getParentRoute: () => files,
  path: '/$kind/$name',
  params: NAMED_OF_KIND,
  beforeLoad: ({ params }) => known(FILE_KINDS, params.kind),
  notFoundComponent: () => <NotFound />,
  validateSearch: itemSearch,
  component: lazyRouteComponent(() => piece(() => import('../files/FilePage'))),
})

const versions = createRoute({
  getParentRoute: () => assistant,
  path: '/versions',
  component: lazyRouteComponent(() => piece(() => import('../versions/VersionsPage'))),
})

const settings = createRoute({
  getParentRoute: () => assistant,
  path: '/settings',
  component: lazyRouteComponent(() => piece(() => import('../settings/SettingsPage'))),
})

/** An address with a kind that this section does not hold leads nowhere; `routeId` is the route that says so, where it isn't its own. */
function known(kinds: readonly string[], kind: string, routeId?: '/a/$assistant/content'): void {
  if (!kinds.includes(kind)) throw notFound(routeId === undefined ? undefined : { routeId })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}

export const routeTree = root.addChildren([
  home.addChildren([assistants, importing, users, docs.addChildren([docsIndex, docsPage])]),
  assistant.addChildren([
    first,
    flows.addChildren([flow]),
    content.addChildren([contentFirst, contentKind.addChildren([contentItem])]),
    responses,
    response,
    nlu.addChildren([nluItem]),
    files.addChildren([file]),
    versions,
    settings,
  ]),
])

export const router = createRouter({
  routeTree,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingMs: 150,
  defaultPendingComponent: PagePending,
  defaultErrorComponent: PageError,
  scrollRestoration: false,
})

declare module '@tanstack/react-router' {
  interface HistoryState {
    /** The path whose place this one took, because what is open there was renamed. */
    follows?: string
  }
  interface Register {
    router: typeof router
  }
}
