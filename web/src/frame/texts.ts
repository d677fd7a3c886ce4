/** The words of the frame. */
export const texts = {
  missing: (what: string) => `There is no such ${what}`,
  missingWhy: 'It may have been renamed or deleted, or you may not see it.',
  allAssistants: 'All assistants',
  all: (many: string) => `All ${many.toLowerCase()}`,
}
