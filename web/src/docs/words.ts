/** The words around the documentation; its pages say the rest themselves. */
interface PageWords {
  title: string
  about: string
}

export const words = {
  title: 'Documentation',
  lead: 'How assistants are written, trained and run. All of it comes with the studio.',
  pages: 'Pages of the documentation',
  overview: 'Overview',
  allPages: 'All pages',
  onThisPage: 'On this page',
  apiOfTheStudio: 'The studio’s own API',
  aboutTheApi: 'Every call that programs may make.',
  opensInATab: '(opens in a new tab)',
  groups: {
    building: 'Building assistants',
    formats: 'Formats and behaviour',
    running: 'Running the studio',
  },
  page: {
    'first-project': { title: 'A first project', about: 'From an empty folder to an assistant that talks.' },
    'rules-and-forms': { title: 'Rules, stories and forms', about: 'What was written before flows, or stands beside them.' },
    search: { title: 'Answers from documents', about: 'Questions that a folder of texts answers.' },
    'language-models': { title: 'Language models', about: 'When a model is asked, which one, and what it costs.' },
    'local-understanding': { title: 'Without a language model', about: 'What the local model learns from the project itself.' },
    project: { title: 'The project format', about: 'What an assistant’s files look like, and mean.' },
    dialogue: { title: 'How a conversation runs', about: 'Commands, questions, corrections, responses.' },
    files: { title: 'Files and items', about: 'How files are read, and written so that nothing is lost.' },
    e2e: { title: 'End-to-end tests', about: 'Conversations with what is expected of them.' },
    scenarios: { title: 'Scenario files', about: 'What an assistant must do, turn by turn and exactly.' },
    'engine-api': { title: 'API and channels', about: 'How programs and messengers reach an assistant.' },
    compatibility: { title: 'Compatibility', about: 'What the format leaves open, and what we do.' },
    operating: { title: 'Operating', about: 'Health, backups, and what follows a failure.' },
    settings: { title: 'Settings', about: 'What each role reads from its environment.' },
    'engine-stores': { title: 'Stores and brokers', about: 'Where conversations are kept, and who is told.' },
    engines: { title: 'Another engine', about: 'Training and running with a second installation.' },
    kubernetes: { title: 'On Kubernetes', about: 'The studio in a cluster, its jobs and upgrades.' },
    'model-service': { title: 'The model service', about: 'What trains and runs, and how to watch it.' },
  } satisfies Record<string, PageWords>,
} as const
