/** What a request that went wrong says by itself, where the studio said nothing. */
export const words = {
  unreachable: 'The studio can’t be reached',
  unreachableWhat: 'What you typed is still here. Try again as soon as the studio answers.',
  refused: 'The request was refused',
  answered: (status: number) => `The server answered ${status}`,
  tryAgain: 'Try again in a moment.',
} as const
