/** What people read of a model that is on its way to answer. */
export const coming = {
  starting: 'Trained. Starting…',
  runs: 'The new model answers',
  failed: 'The new model didn’t start',
  trainedAndStarts: (version: string) => `${version} is trained and starts now.`,
  toldFailed: (version: string, reason: string) => `${version} is trained, but didn’t start. ${reason}`,
  until: (next: string, now: string) => `${next} is starting. Until it answers, ${now} does.`,
  wakes: (version: string) => `${version} is waking. Your message is answered as soon as it is awake.`,
  waits: (next: string) => `${next} is starting. What you say is answered as soon as it runs.`,
  starts: (next: string) => `${next} is starting.`,
  didNotStart: (next: string) => `${next} didn’t start.`,
  noReason: 'No reason is told.',
  startAgain: 'Start again',
  start: 'Start',
  chatOpens: (next: string) => `${next} is starting. The chat opens when it answers.`,
  stillThe: (next: string, now: string) => `${next} didn’t start: ${now} answers.`,
  stillAsleep: (next: string, now: string) => `${next} didn’t start: ${now} wakes with the next message.`,
}
