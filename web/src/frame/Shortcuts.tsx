/** Keys that work on every page, the palette and the list of shortcuts. */
import { useHotkeys } from '@mantine/hooks'
import { Kbd } from '../ui/controls'
import { aDialogSends, Dialog } from '../ui/Dialog'
import { modifier, shift } from './keys'
import { useOverlays } from './layout'
import { Palette } from './Palette'
import { useOpenAssistant } from './useOpenAssistant'
import { words as texts } from './words'

const EVERYWHERE: readonly [string, string][] = [
  [`${modifier}K`, texts.shortcuts.searchOrRun],
  ['?', texts.shortcuts.thisList],
  ['N', texts.shortcuts.newAssistant],
]

const IN_AN_ASSISTANT: readonly [string, string][] = [
  [`${modifier}J`, texts.shortcuts.openOrCloseTry],
  [`${modifier}Enter`, texts.shortcuts.train],
  [`${modifier}Z`, texts.shortcuts.undo],
  [`${shift}${modifier}Z`, texts.shortcuts.redo],
  [texts.shortcuts.gThenF, texts.shortcuts.goToFlows],
  [texts.shortcuts.gThenC, texts.shortcuts.goToContent],
  [texts.shortcuts.gThenN, texts.shortcuts.goToNlu],
  [texts.shortcuts.gThenV, texts.shortcuts.goToVersions],
  [texts.shortcuts.gThenP, texts.shortcuts.goToProjectFiles],
  [texts.shortcuts.gThenS, texts.shortcuts.goToSettings],
]

const IN_LISTS: readonly [string, string][] = [
  ['↑ ↓', texts.shortcuts.moveTheSelection],
  ['Enter', texts.shortcuts.open],
  ['/', texts.shortcuts.filterTheList],
]

export function Shortcuts() {
  const assistant = useOpenAssistant()
  const { palette, shortcuts } = useOverlays()
  useHotkeys([['/', () => document.querySelector<HTMLInputElement>('input[type="search"]')?.focus()]])
  useHotkeys([['mod+K', () => aDialogSends() || useOverlays.setState({ palette: true })]], [], true)
  useHotkeys([['shift+?', () => useOverlays.setState({ shortcuts: true })]], ['INPUT', 'TEXTAREA', 'SELECT'])
  return (
    <>
      {palette && <Palette assistant={assistant} />}
      <Dialog title={texts.shortcuts.keyboardShortcuts} opened={shortcuts} onClose={() => useOverlays.setState({ shortcuts: false })}>
        <Group title={texts.shortcuts.everywhere} keys={EVERYWHERE} />
        <Group title={texts.shortcuts.inAnAssistant} keys={IN_AN_ASSISTANT} />
        <Group title={texts.shortcuts.inLists} keys={IN_LISTS} />
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
