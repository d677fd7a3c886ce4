/** How kinds of content and of steps are called, and the words that controls, states and toasts say by themselves. */
export const words = {
  kinds: {
    flow: { one: 'Flow', many: 'Flows' },
    response: { one: 'Response', many: 'Responses' },
    slot: { one: 'Slot', many: 'Slots' },
    action: { one: 'Action', many: 'Actions' },
    intent: { one: 'Intent', many: 'Intents' },
    entity: { one: 'Entity', many: 'Entities' },
    synonym: { one: 'Synonym', many: 'Synonyms' },
    regex: { one: 'Regex', many: 'Regexes' },
    lookup: { one: 'Lookup', many: 'Lookups' },
    prompt: { one: 'Prompt', many: 'Prompts' },
    config: { one: 'Configuration', many: 'Configuration' },
    endpoints: { one: 'Endpoints', many: 'Endpoints' },
    credentials: { one: 'Credentials', many: 'Credentials' },
    domain: { one: 'Domain', many: 'Domain' },
    test: { one: 'Test', many: 'Tests' },
    file: { one: 'File', many: 'Other files' },
  },
  otherKind: { one: 'Item', many: 'Items' },
  pattern: 'Pattern',
  unnamed: 'without a name',
  steps: {
    collect: 'Collect',
    message: 'Message',
    action: 'Action',
    logic: 'Logic',
    set: 'Set slots',
    link: 'Link',
    call: 'Call',
  },
  slotArea: {
    slots: 'Slots',
  },
  dialog: {
    close: 'Close',
  },
  fields: {
    tooLong: (length: number, longest: number) => `Too long: ${length.toLocaleString('en')} characters, ${longest.toLocaleString('en')} fit.`,
  },
  states: {
    loading: 'Loading…',
    broken: 'Something in this page went wrong. Load it again; what you typed is kept.',
    tryAgain: 'Try again',
    copyDetails: 'Copy details',
    detailsCopied: 'Details copied',
    request: (id: string) => `request ${id}`,
  },
  toasts: {
    dismiss: 'Dismiss',
  },
} as const
