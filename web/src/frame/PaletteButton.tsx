import { IconSearch } from '@tabler/icons-react'
import { Icon } from '../ui/Icon'
import { Kbd } from '../ui/controls'
import { modifier } from './keys'
import { useOverlays } from './layout'
import { words } from './words'

export function PaletteButton() {
  return (
    <button type="button" className="cmdk" aria-haspopup="dialog" onClick={() => useOverlays.setState({ palette: true })}>
      <Icon of={IconSearch} />
      <span className="grow wide">{words.paletteButton.searchOrRun}</span>
      <Kbd>{modifier}K</Kbd>
    </button>
  )
}
