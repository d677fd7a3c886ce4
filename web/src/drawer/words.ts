/** The words of the drawer. */
import { plural } from '../ui/time'

export const words = {
  history: {
    unreadable: 'The history can’t be read',
    none: 'No changes yet',
    older: 'Older changes',
    more: (count: number) => `and ${count.toLocaleString('en')} more`,
    revert: 'Revert',
    undo: 'Undo',
    reverted: (what: string) => `Taken back: ${what}`,
    revertedBack: (what: string) => `Made again: ${what}`,
  },
  reverting: {
    title: (number: number) => `Revert change ${number}?`,
    what: (change: string, count: number) => `“${change}” touched ${plural(count, 'item')}. Taking it back:`,
    did: {
      made: (count: number) => `deletes ${plural(count, 'item')}`,
      changed: (count: number) => `gives ${plural(count, 'item')} the text from before`,
      deleted: (count: number) => `brings ${plural(count, 'item')} back`,
    },
    after: 'Nothing is lost for good: reverting is a change of its own and can be taken back as well.',
    cancel: 'Cancel',
    go: 'Revert the change',
  },
  drawer: {
    problems: 'Problems',
    trainingLog: 'Training log',
    history: 'History',
    drawer: 'Drawer',
    heightOfTheDrawer: 'Height of the drawer',
    closeTheDrawer: 'Close the drawer',
  },
  problems: {
    unreadable: 'The problems can’t be read',
    noProblems: 'No problems',
    inOrder: 'Everything that can be checked before a training is in order.',
    whichProblems: 'Which problems',
    all: 'All',
    mend: 'Mend',
  },
  trainingLog: {
    trainingsUnreadable: 'The trainings can’t be read',
    logUnreadable: 'The log can’t be read',
    noTrainingYet: 'No training yet',
    whatTrainDoes: 'Train turns the content as it is now into a model that you can talk to.',
    waiting: 'Waiting',
    training: 'Training',
    trained: 'Trained',
    failed: 'Failed',
    stopped: 'Stopped',
    stop: 'Stop',
    trainingLog: 'Training log',
  },
} as const
