/** Three dots while the assistant answers. */
export function Typing() {
  return (
    <output className="bubble bot typing">
      <span className="sr">The assistant is answering</span>
      <i />
      <i />
      <i />
    </output>
  )
}
