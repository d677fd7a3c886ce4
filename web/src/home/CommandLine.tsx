/** What the command line does with a project's files, to copy. */
import { IconCopy, IconTerminal2 } from '@tabler/icons-react'
import { IconButton } from '../ui/controls'
import { copy } from '../ui/copy'
import { Icon } from '../ui/Icon'
import { words } from './words'

const { title, label, does, ...told } = words.commandLine

/** Each does its work without a studio, on a folder or an archive. */
const COMMANDS = ['talkwright validate my-project', 'talkwright shell my-project'] as const

export function CommandLine() {
  return (
    <section className="well cli" aria-label={title}>
      <div className="hs small t2">
        <Icon of={IconTerminal2} size={14} />
        <h3 className="grow">{title}</h3>
        <IconButton icon={IconCopy} label={label} small onClick={() => void copy(COMMANDS.join('\n'), told)} />
      </div>
      {COMMANDS.map((command) => (
        <div key={command} className="mono">
          <span className="t3" aria-hidden="true">$ </span>
          {command}
        </div>
      ))}
      <p className="micro t3">{does}</p>
    </section>
  )
}
