/** Keys that work on every page, the palette and the list of shortcuts. */
import { useHotkeys } from '@mantine/hooks'
import { Kbd } from '../ui/controls'
import { Dialog } from '../ui/fields'
import { modifier, shift } from './keys'
import { useOverlays } from './layout'
import { Palette } from './Palette'
import { useOpenAssistant } from './useOpenAssistant'

const EVERYWHERE: readonly [string, string][] = [
  [`${modifier}K`, 'Search or run'],
  ['?', 'This list'],
  ['N', 'New assistant, on the page of assistants'],
]

const IN_AN_ASSISTANT: readonly [string, string][] = [
  [`${modifier}J`, 'Open or close Try'],
  [`${modifier}Enter`, 'Train'],
  [`${modifier}Z`, 'Undo'],
  [`${shift}${modifier}Z`, 'Redo'],
  ['G then F', 'Go to flows'],
  ['G then C', 'Go to content'],
  ['G then N', 'Go to NLU'],
  ['G then V', 'Go to versions'],
  ['G then P', 'Go to project files'],
]

const IN_LISTS: readonly [string, string][] = [
  ['↑ ↓', 'Move the selection'],
  ['Enter', 'Open'],
  ['/', 'Filter the list'],
]

export function Shortcuts() {
  const assistant = useOpenAssistant()
  const { palette, shortcuts } = useOverlays()
  useHotkeys([['/', () => document.querySelector<HTMLInputElement>('input[type="search"]')?.focus()]])
  useHotkeys([['mod+K', () => useOverlays.setState({ palette: true })]], [], true)
  useHotkeys([['shift+?', () => useOverlays.setState({ shortcuts: true })]], ['INPUT', 'TEXTAREA', 'SELECT'])
  return (
    <>
      {palette && <Palette assistant={assistant} />}
      <Dialog title="Keyboard shortcuts" opened={shortcuts} onClose={() => useOverlays.setState({ shortcuts: false })}>
        <Group title="Everywhere" keys={EVERYWHERE} />
        <Group title="In an assistant" keys={IN_AN_ASSISTANT} />
        <Group title="In lists" keys={IN_LISTS} />
      </Dialog>
    </>
  )
}

function Group({ title, keys }: { title: string; keys: readonly [string, string][] }) {
  return (
    <section className="keys">
      <h3 className="small med t3">{title}</h3>
      <dl>
        {keys.map(([key, words]) => (
          <div key={key} className="hs">
            <dt className="grow">{words}</dt>
            <dd>
              <Kbd>{key}</Kbd>
            </dd>
          </div>
        ))}
      </dl>
    </section>
  )
}
