/** Search or run: commands, items of the assistant and places, by what is typed. */
import { Modal, useMantineColorScheme } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { api, type AssistantSummary, type ItemSummary } from '../api'
import { sessionQuery } from '../app/queries'
import { Kbd, KindTile } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { lookOf } from '../ui/kinds'
import { paletteCommands, type PaletteCommand } from './commands'
import { useOverlays } from './layout'
import { itemAddress } from './useItemLink'
import { words as texts } from './words'

type Entry = { key: string; group: string; run: () => void } & ({ command: PaletteCommand } | { item: ItemSummary })

const close = () => useOverlays.setState({ palette: false })

export function Palette({ assistant }: { assistant: AssistantSummary | null }) {
  const [text, setText] = useState('')
  const [chosen, setChosen] = useState(0)
  const list = useId()
  const entries = useEntries(assistant, text)
  const current = Math.min(chosen, entries.length - 1)
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    void box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [current, entries])
  const run = (entry: Entry | undefined) => {
    if (entry === undefined) return
    close()
    entry.run()
  }
  const onKey = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setChosen((current + step + entries.length) % Math.max(1, entries.length))
    }
    if (event.key === 'Enter') {
      event.preventDefault()
      run(entries[current])
    }
  }
  return (
    <Modal.Root opened onClose={close} size={560} yOffset="14vh" transitionProps={{ duration: 0 }}>
      <Modal.Overlay />
      <Modal.Content aria-label={texts.palette.searchOrRun} aria-labelledby={undefined} className="palette">
      <div className="pi">
        <Icon of={IconSearch} />
        <input
          data-autofocus
          role="combobox"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={entries.length > 0 ? `${list}-${current}` : undefined}
          aria-label={texts.palette.searchOrRun}
          placeholder={assistant ? texts.palette.aCommandAFlow : texts.palette.placeholder}
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setChosen(0)
          }}
          onKeyDown={onKey}
        />
        <Kbd>{texts.palette.esc}</Kbd>
      </div>
      <div className="pl" role="listbox" id={list} aria-label={texts.palette.results} ref={box} tabIndex={-1}>
        {entries.map((entry, i) => (
          <div key={entry.key}>
            {entries[i - 1]?.group !== entry.group && (
              <div className="pg" role="presentation">
                {entry.group}
              </div>
            )}
            {/* The keyboard works through the input: this is its list (ARIA combobox). */}
            {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events */}
            <div id={`${list}-${i}`} role="option" tabIndex={-1} aria-selected={i === current} className="po" onPointerMove={() => setChosen(i)} onClick={() => run(entry)}>
              <Shown entry={entry} text={text} />
            </div>
          </div>
        ))}
        {entries.length === 0 && <p className="po t3">{texts.palette.noneCalled(text)}</p>}
      </div>
      <div className="pf micro t3">
        <Kbd>↑</Kbd>
        <Kbd>↓</Kbd>
        <span>{texts.palette.choose}</span>
        <Kbd>⏎</Kbd>
        <span>{texts.palette.run}</span>
      </div>
      </Modal.Content>
    </Modal.Root>
  )
}

function asEntry(command: PaletteCommand): Entry {
  return { key: command.words, group: command.group, run: command.run, command }
}

function Shown({ entry, text }: { entry: Entry; text: string }) {
  if ('command' in entry) {
    return (
      <>
        <Icon of={entry.command.icon} />
        <span className="grow ell">
          <Marked words={entry.command.words} text={text} />
        </span>
        {entry.command.keys && <Kbd>{entry.command.keys}</Kbd>}
      </>
    )
  }
  const { kind, name } = entry.item
  return (
    <>
      <KindTile kind={kind} name={name} />
      <span className="mono grow ell">
        <Marked words={name} text={text} />
      </span>
      <span className="micro t3">{lookOf(kind, name).one}</span>
    </>
  )
}

function Marked({ words, text }: { words: string; text: string }): ReactNode {
  const at = text === '' ? -1 : words.toLowerCase().indexOf(text.toLowerCase())
  if (at < 0) return words
  return (
    <>
      {words.slice(0, at)}
      <b>{words.slice(at, at + text.length)}</b>
      {words.slice(at + text.length)}
    </>
  )
}

function useEntries(assistant: AssistantSummary | null, text: string): Entry[] {
  const navigate = useNavigate()
  const { data: session } = useQuery(sessionQuery)
  const { setColorScheme } = useMantineColorScheme()
  const [searched] = useDebouncedValue(text.trim(), 120)
  const { data: found } = useQuery({
    queryKey: ['palette', assistant?.id, searched],
    queryFn: ({ signal }) => api.listItems(assistant?.id ?? '', { q: searched, limit: 12 }, signal),
    enabled: searched !== '' && (assistant?.permissions.includes('content:read') ?? false),
  })
  const commands = paletteCommands({ assistant, permissions: session?.permissions ?? [], navigate, setTheme: setColorScheme })
  const matching = commands.filter(({ words }) => words.toLowerCase().includes(text.trim().toLowerCase()))
  const isCalled = ({ name }: { name: string }) => name.toLowerCase().includes(searched.toLowerCase())
  const hits = searched === '' || assistant === null ? [] : (found?.items ?? [])
  // What is called so comes before what only says so.
  const items = [...hits.filter(isCalled), ...hits.filter((hit) => !isCalled(hit))].map(
    (item): Entry => ({ key: item.id, group: texts.palette.items, item, run: () => void navigate(itemAddress(assistant?.name ?? '', item)) }),
  )
  const of = (group: PaletteCommand['group']) => matching.filter((command) => command.group === group).map(asEntry)
  return [...of(texts.palette.commands), ...items, ...of(texts.palette.goTo)]
}
