/** What the user will see: one variation as the chat shows it. */
import { IconChevronLeft, IconChevronRight, IconPhoto } from '@tabler/icons-react'
import { useState } from 'react'
import { IconButton, Segmented } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { SlotText } from '../ui/SlotText'
import { inLanguage, translatedTitle, type VariationView } from './variation'
import { words } from './words'

interface Props {
  variations: readonly VariationView[]
  languages: readonly string[]
  /** The language that is shown first. */
  start: string
  own: string
}

export function Preview({ variations, languages, start, own }: Props) {
  const [chosen, setPlace] = useState(0)
  // Chosen here until another language is chosen for the page.
  const [chosenHere, setLanguage] = useState({ start, language: start })
  const language = chosenHere.start === start ? chosenHere.language : start
  const place = Math.min(chosen, variations.length - 1)
  const variation = variations[place]
  if (variation === undefined) return null
  const text = inLanguage(variation.text, variation.translation, language, own) ?? variation.text
  const move = (step: number) => setPlace((place + step + variations.length) % variations.length)
  return (
    <section aria-label={words.preview}>
      <div className="hs prev-head">
        <h3 className="small strong grow">{words.preview}</h3>
        {languages.length > 1 && (
          <Segmented label={words.previewLanguage} value={language} onChange={(code) => setLanguage({ start, language: code })} options={languages.slice(0, 3).map((code) => ({ value: code, label: code.toUpperCase() }))} />
        )}
      </div>
      <div className="card prev-card">
        {text && (
          <div className="bubble bot">
            <SlotText text={text} />
          </div>
        )}
        {variation.image && (
          <div className="bubble bot image-card">
            <Icon of={IconPhoto} />
            <span className="ell">{variation.image}</span>
          </div>
        )}
        {variation.custom !== undefined && <pre className="well custom code">{JSON.stringify(variation.custom, null, 2)}</pre>}
        {!text && !variation.image && variation.custom === undefined && <p className="small t3">{words.saysNothing}</p>}
        {variation.channel && <p className="micro t3">{words.badgeOn(variation.channel)}</p>}
        {variation.buttons.length > 0 && (
          <div className="quick">
            {variation.buttons.map((button, i) => (
              <span key={i} className={button.url === undefined ? undefined : 'link'}>{(language === own ? undefined : translatedTitle(button, language).title) ?? button.title}</span>
            ))}
          </div>
        )}
      </div>
      {variations.length > 1 && (
        <div className="hs prev-turn">
          <IconButton icon={IconChevronLeft} label={words.previous} small onClick={() => move(-1)} />
          <span className="small t2 num grow">{words.variationOf(place + 1, variations.length)}</span>
          <IconButton icon={IconChevronRight} label={words.next} small onClick={() => move(1)} />
        </div>
      )}
    </section>
  )
}
