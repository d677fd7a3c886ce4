/** The first stop of every page: past the frame, to its content. */
import { focusOnWork } from './keeper'

export function SkipLink({ children }: { children: string }) {
  return (
    <a
      className="skip"
      href="#work"
      onClick={(event) => {
        event.preventDefault()
        focusOnWork()
      }}
    >
      {children}
    </a>
  )
}
