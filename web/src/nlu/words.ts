/** All that people read about NLU data. */
import { plural } from '../ui/time'

export const words = {
  title: 'NLU',
  data: 'NLU data',
  choose: 'Choose an intent',
  purpose: 'Examples of what people say teach the assistant which flow they mean.',
  newIntent: 'New intent',
  filter: 'Filter by name or example',
  unreadable: 'The NLU data can’t be read',
  examples: 'Examples',
  count: (count: number) => plural(count, 'example'),
  doubled: { same: 'said twice', near: 'nearly said twice' },
  doubledCount: (count: number) => `${count} said twice or nearly so`,
  example: 'Example',
  exampleAt: (place: number) => `Example ${place}`,
  placeholder: 'What a user might say',
  hint: 'Select words to mark them as an entity. Pasting several lines adds an example for each.',
  removeExample: (place: number) => `Remove example ${place}`,
  whereUsed: 'Where used',
  markAs: (what: string) => `Mark “${what}” as`,
  marking: 'Mark as an entity',
  newEntity: 'New entity',
  add: 'Mark',
  nameRule: 'Letters, digits and _ only.',
  unmark: (entity: string, value: string) => `Remove the mark ${entity} from ${value}`,
}
