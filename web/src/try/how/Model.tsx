/** What a language model was asked and answered: figures and commands at once, prompt and raw answer on demand. */
import { IconChevronDown, IconChevronRight, IconCopy } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useId, useState, type ReactNode } from 'react'
import { messagePrompts, type Command, type Understood } from '../../api/chats'
import { useAssistant } from '../../frame/assistant'
import { IconButton } from '../../ui/controls'
import { copy } from '../../ui/copy'
import { Icon } from '../../ui/Icon'
import { Isolated } from '../../ui/Isolated'
import { commandWords } from '../commandWords'
import { useChat } from '../session'
import { words } from '../words'

const say = words.how

export function Model({ model, message }: { model: Understood; message: string | null }) {
  const { read, answer } = model
  return (
    <section className="how-part">
      <h4 className="how-title">{say.languageModel}</h4>
      <Figures model={model} />
      {read && read.length > 0 && <Wrote commands={read} />}
      {answer !== undefined && (
        <Folded title={say.answer}>
          <Raw label={say.answer} text={answer} />
        </Folded>
      )}
      {answer !== undefined && message !== null && (
        <Folded title={say.prompt}>
          <Prompt message={message} />
        </Folded>
      )}
    </section>
  )
}

function Wrote({ commands }: { commands: readonly Command[] }) {
  return (
    <>
      <p className="t3">{say.wrote}</p>
      <ul className="how-read">
        {commands.map((command, index) => (
          // Commands of an answer never change their order.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={index}>{commandWords(command)}</li>
        ))}
      </ul>
    </>
  )
}

function Figures({ model: { model, prompt_tokens: into, completion_tokens: out, ms, flows } }: { model: Understood }) {
  return (
    <dl className="how-figures">
      {model && <Figure name={say.figures.model} value={model} />}
      {into !== undefined && out !== undefined && <Figure name={say.figures.tokens} value={say.tokens(into.toLocaleString('en'), out.toLocaleString('en'))} />}
      {ms !== undefined && <Figure name={say.figures.time} value={`${Math.round(ms).toLocaleString('en')} ms`} />}
      {flows !== undefined && <Figure name={say.figures.flows} value={say.toldOf(flows)} />}
    </dl>
  )
}

function Figure({ name, value }: { name: string; value: string }) {
  return (
    <div>
      <dt className="t3">{name}</dt>
      <dd className="num">
        <Isolated text={value} />
      </dd>
    </div>
  )
}

/** A part that is there once it is asked for. */
function Folded({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false)
  const id = useId()
  return (
    <div>
      <button type="button" className="how-fold" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <Icon of={open ? IconChevronDown : IconChevronRight} size={12} />
        {title}
      </button>
      <div id={id} hidden={!open}>
        {open && children}
      </div>
    </div>
  )
}

function Prompt({ message }: { message: string }) {
  const { id } = useAssistant()
  const { chat } = useChat(id)
  const chatId = chat?.id ?? ''
  const { data, error } = useQuery({ queryKey: ['prompts', id, chatId, message], queryFn: () => messagePrompts(id, chatId, message), staleTime: Infinity, enabled: chatId !== '' })
  if (error) return <p className="c-err">{say.promptUnreadable}</p>
  if (!data) return <p className="t3">{say.loading}</p>
  if (data.length === 0) return <p className="t3">{say.promptGone}</p>
  if (data.length === 1) return data.map(({ prompt }) => <Raw key={prompt} label={say.prompt} text={prompt} />)
  return data.map(({ prompt, component }, index) => (
    // Prompts of a message never change their order, and one component may have several.
    // oxlint-disable-next-line react/no-array-index-key
    <div key={index}>
      <p className="t3">{say.promptOf(index + 1, component)}</p>
      <Raw label={say.promptOf(index + 1, component)} text={prompt} />
    </div>
  ))
}

/** A text as it is, never read as anything else; it scrolls, so it must be reachable by keyboard. */
function Raw({ label, text }: { label: string; text: string }) {
  return (
    <div className="how-raw">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className="mono" tabIndex={0} role="region" aria-label={label} dir="auto">
        {text}
      </pre>
      <IconButton icon={IconCopy} label={say.copy(label)} small onClick={() => void copy(text, { copied: say.copied(label), uncopied: say.uncopied })} />
    </div>
  )
}
