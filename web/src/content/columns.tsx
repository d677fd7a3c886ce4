/** The columns of each kind's table. */
import { IconCheck, IconPackage } from '@tabler/icons-react'
import type { AssistantSummary, ItemSummary } from '../api'
import { Icon } from '../ui/Icon'
import { called } from '../ui/kinds'
import { ProblemCount } from '../ui/marks'
import { SlotText } from '../ui/SlotText'
import { shortTime } from '../ui/time'
import type { Column } from '../ui/VirtualTable'
import { missingLanguages } from './views'
import { words } from './words'

type ItemColumn = Column<ItemSummary>

const NAME: ItemColumn = {
  key: 'name',
  head: words.columns.name,
  width: 'minmax(130px, 1.3fr)',
  cell: (item) => <span className="mono">{called(item.name)}</span>,
  sort: (item) => item.name,
}

/** Where there is no room for the column that says it, a mark beside the name tells what is built in. */
const NARROW_NAME: ItemColumn = {
  ...NAME,
  cell: (item) =>
    item.builtin ? (
      <span className="built-in" title={`${item.name} · ${words.builtIn}`}>
        <span className="mono ell t2">{item.name}</span>
        <Icon of={IconPackage} size={14} />
        <span className="sr">{words.builtIn}</span>
      </span>
    ) : (
      NAME.cell(item)
    ),
}

const USED: ItemColumn = {
  key: 'used',
  head: words.columns.used,
  width: '56px',
  right: true,
  cell: (item) => <span className={item.used === 0 ? 't3 num' : 'num'}>{item.used}</span>,
  sort: (item) => item.used,
}

const PROBLEMS: ItemColumn = {
  key: 'problems',
  head: <span className="sr">{words.columns.problems}</span>,
  width: '44px',
  cell: (item) => <ProblemCount counts={item.problems} />,
  sort: (item) => item.problems.error * 1000 + item.problems.warning,
}

const CHANGED: ItemColumn = {
  key: 'changed',
  head: words.columns.changed,
  width: '76px',
  right: true,
  cell: (item) => <span className="t3 small">{item.builtin ? words.builtIn : item.changed ? shortTime(item.changed.at) : ''}</span>,
  sort: (item) => (item.changed ? Date.parse(item.changed.at) : 0),
}

const BY: ItemColumn = {
  key: 'by',
  head: words.columns.by,
  width: 'minmax(90px, 140px)',
  cell: (item) => <span className="t3 small">{item.changed?.by.name ?? ''}</span>,
  sort: (item) => item.changed?.by.name ?? '',
}

function text(head: string, narrow: boolean): ItemColumn {
  return {
    key: 'text',
    head,
    width: narrow ? 'minmax(104px, 1fr)' : 'minmax(120px, 3fr)',
    cell: (item) => (
      <span className="t2 one-line">
        <SlotText text={item.text ?? ''} />
      </span>
    ),
    sort: (item) => item.text ?? '',
  }
}

const TYPE: ItemColumn = {
  key: 'type',
  head: words.type,
  width: '104px',
  cell: (item) => {
    const type = String(item.extra['type'] ?? item.text ?? '')
    return type === '' ? null : <span className="tag">{type}</span>
  },
  sort: (item) => String(item.extra['type'] ?? ''),
}

const VALUES: ItemColumn = {
  key: 'values',
  head: words.values,
  width: 'minmax(60px, 3fr)',
  cell: (item) => {
    const values = item.extra['values']
    const initial = item.extra['initial_value']
    const shown = [Array.isArray(values) && values.length > 0 ? values.map(String).join(', ') : '', initial === null || initial === undefined ? '' : words.starting(JSON.stringify(initial))]
    return <span className="t2">{shown.filter(Boolean).join(' · ')}</span>
  },
}

function translated(language: string, assistant: AssistantSummary): ItemColumn {
  const code = language.toUpperCase()
  return {
    key: `in-${language}`,
    head: code,
    width: '48px',
    cell: (item) =>
      item.builtin ? null : missingLanguages(item, assistant).includes(language) ? (
        <span className="miss" title={words.noTextIn(code)}>
          {code}
        </span>
      ) : (
        <span className="c-ok" title={words.translated}>
          <Icon of={IconCheck} size={14} />
          <span className="sr">{words.translated}</span>
        </span>
      ),
    sort: (item) => (missingLanguages(item, assistant).includes(language) ? 0 : 1),
  }
}

/** `narrow`: something stands beside the table, so that only what is needed to choose an item stays; in a `wide` window also when it changed. */
export function columnsFor(kind: string, languages: readonly string[], assistant: AssistantSummary, { narrow, wide }: { narrow: boolean; wide: boolean }): ItemColumn[] {
  const [own = 'en', ...others] = languages
  const end = !narrow ? [CHANGED, BY] : wide ? [CHANGED] : []
  switch (kind) {
    case 'response':
      return [narrow ? { ...NARROW_NAME, width: 'minmax(124px, 1.5fr)' } : NAME, text(words.columns.text(own.toUpperCase()), narrow), ...(narrow ? [] : [PROBLEMS]), USED, ...others.slice(0, narrow ? 1 : 4).map((language) => translated(language, assistant)), ...end]
    case 'slot':
      return narrow ? [{ ...NARROW_NAME, width: 'minmax(150px, 1.6fr)' }, TYPE, VALUES, USED, ...end] : [NAME, TYPE, VALUES, PROBLEMS, USED, ...end]
    case 'action':
      return [{ ...(narrow ? NARROW_NAME : NAME), width: 'minmax(0, 1fr)' }, PROBLEMS, USED, ...end]
    default:
      return [{ ...(narrow ? NARROW_NAME : NAME), width: 'minmax(0, 1fr)' }, PROBLEMS, ...end]
  }
}
