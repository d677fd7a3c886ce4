/** The words that controls, states and toasts say by themselves. */
export const words = {
  slotArea: {
    slots: 'Slots',
  },
  fields: {
    close: 'Close',
  },
  states: {
    loading: 'Loading…',
    somethingInThisPage: 'Something in this page went wrong. Load it again; what you typed is kept.',
    tryAgain: 'Try again',
  },
  toasts: {
    dismiss: 'Dismiss',
  },
} as const
