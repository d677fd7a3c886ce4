/** The words of the list of flows. */
export const words = {
  flowsPage: {
    chooseAFlow: 'Choose a flow',
    noFlows: 'No flows yet',
    newFlow: 'New flow',
    whatAFlowIs: 'A flow is one thing the assistant can do, step by step. Patterns repair a conversation that leaves the path.',
  },
  flowsPane: {
    flows: 'Flows',
    newFlow: 'New flow',
    flow: 'flow',
    pattern: 'pattern',
    flowsOrPatterns: 'Flows or patterns',
    patterns: 'Patterns',
    filter: 'Filter by name or description',
    unreadable: 'The flows can’t be read',
    thereAreNoneYet: 'There are none yet.',
    noneIsCalledThat: 'None is called that.',
    changed: 'Changed',
    lastEdit: (flows: string, time: string) => `${flows} · last edit ${time}`,
  },
} as const
