/** The words of the project's files. */
import { lookOf } from '../ui/kinds'

export const words = {
  filePage: {
    file: 'file',
  },
  became: {
    unreadable: 'What became of the file can’t be read',
    title: (name: string) => `${name} can be read now`,
    why: 'What stands in it is edited item by item; the file itself stays in the project as it is.',
    kind: (kind: string) => lookOf(kind).one,
    more: (count: number) => `and ${count.toLocaleString('en')} more`,
  },
  unreadable: {
    title: 'This file can’t be read',
    noText: 'There is no text to edit',
    noTextWhy: 'This is not a text file; it comes in and goes out as it is.',
    way: 'It can be replaced here, or deleted with the menu above.',
    replace: 'Replace it with a file',
    replaced: (name: string) => `Replaced ${name}`,
    failed: 'The chosen file can’t be read. Choose it again.',
  },
  filesPage: {
    chooseAFile: 'Choose a file',
    whatIsHere: 'Everything else that the project holds: how it is trained, what it connects to, its tests, and files that are kept as they are.',
    projectFiles: 'Project files',
    filterByPath: 'Filter by path',
    noneIsCalledThat: 'None is called that.',
    unreadable: 'The files can’t be read',
  },
} as const
