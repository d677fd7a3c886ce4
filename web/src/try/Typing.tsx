/** Three dots while the assistant answers. */
import { words } from './words'
export function Typing() {
  return (
    <output className="bubble bot typing">
      <span className="sr">{words.typing.theAssistantIsAnswering}</span>
      <i />
      <i />
      <i />
    </output>
  )
}
