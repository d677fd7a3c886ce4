/** One message of the bot: always shown as text, never as markup. Only http(s), tel and mailto addresses become links. */
import { IconPhoto } from '@tabler/icons-react'
import type { ChatButton, Entry } from '../api/chats'
import { focusSoon } from '../focus/soon'
import { useAssistant, useContentLanguage } from '../frame/assistant'
import { MESSAGE } from '../frame/layout'
import { balanced } from '../ui/direction'
import { Icon } from '../ui/Icon'
import { Isolated } from '../ui/Isolated'
import { say } from './session'
import { CUSTOM } from './commandWords'
import { useSpoken } from './spoken'

/** Longer texts are cut: a channel would not show them either, and the page must stay usable. */
const LONGEST = 20_000

const ADDRESS = /\b(?:https?:\/\/|mailto:|tel:)[^\s<>"'）)]+/giu

export function safeAddress(address: unknown): string | null {
  if (typeof address !== 'string') return null
  try {
    const url = new URL(address)
    return ['http:', 'https:', 'mailto:', 'tel:'].includes(url.protocol) ? url.href : null
  } catch {
    return null
  }
}

/** The text in pieces, with the addresses in it as links. */
export function Linked({ text }: { text: string }) {
  const pieces: (string | { href: string; text: string })[] = []
  let from = 0
  for (const match of text.matchAll(ADDRESS)) {
    const href = safeAddress(match[0])
    if (href === null) continue
    pieces.push(text.slice(from, match.index), { href, text: match[0] })
    from = match.index + match[0].length
  }
  pieces.push(text.slice(from))
  return pieces.map((piece, index) =>
    typeof piece === 'string' ? (
      piece
    ) : (
      // Pieces of one fixed text: their place is their identity.
      // oxlint-disable-next-line react/no-array-index-key
      <a key={index} className="link" href={piece.href} target="_blank" rel="noreferrer noopener">
        {piece.text}
      </a>
    ),
  )
}

export function BotMessage({ entry, live }: { entry: Entry; live: boolean }) {
  const whole = entry.text ?? ''
  const text = useSpoken(whole.length > LONGEST ? `${whole.slice(0, LONGEST)}…` : whole)
  const image = safeAddress(entry.data?.['image'])
  const custom = entry.data?.['custom']
  return (
    <div>
      {text !== '' && (
        <div className="bubble bot" dir="auto">
          <bdi>
            <Linked text={text} />
          </bdi>
        </div>
      )}
      {image !== null && (
        <a className="bubble bot image-card" href={image} target="_blank" rel="noreferrer noopener">
          <Icon of={IconPhoto} />
          <Isolated className="ell" text={image} />
        </a>
      )}
      {custom !== undefined && custom !== null && (
        // It scrolls, so it can be reached by keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <pre className="well custom code" role="region" tabIndex={0} aria-label={CUSTOM}>
          {balanced(JSON.stringify(custom, null, 2).slice(0, LONGEST))}
        </pre>
      )}
      {entry.buttons && entry.buttons.length > 0 && <Buttons buttons={entry.buttons} live={live} />}
    </div>
  )
}

/** Buttons can be pressed while they are the newest and somebody answers; else they only show what was offered. */
function Buttons({ buttons, live }: { buttons: readonly ChatButton[]; live: boolean }) {
  const assistant = useAssistant()
  const language = useContentLanguage()
  // The button goes once it is pressed; what is said next is typed or pressed from the message on.
  const choose = (button: ChatButton) => {
    void say(assistant.id, language, button.payload ?? button.title, button.title)
    focusSoon(MESSAGE)
  }
  return (
    <div className="quick">
      {buttons.map((button) => {
        const href = safeAddress(button.url)
        const key = `${button.title} ${button.payload ?? button.url ?? ''}`
        if (href !== null)
          return (
            <a key={key} href={href} target="_blank" rel="noreferrer noopener">
              <Isolated text={button.title} />
            </a>
          )
        if (!live || assistant.deployment === null) return <span key={key}><Isolated text={button.title} /></span>
        return (
          <button key={key} type="button" onClick={() => choose(button)}>
            <Isolated text={button.title} />
          </button>
        )
      })}
    </div>
  )
}
