/** The name of the command key on this person's keyboard. */
const apple = /Mac|iPhone|iPad/.test(navigator.platform)
export const modifier = apple ? '⌘' : 'Ctrl '
export const shift = apple ? '⇧' : 'Shift '
