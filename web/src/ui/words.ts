/** The words that controls, states and toasts say by themselves. */
export const words = {
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
