/** Which passages of the documents a bot's answer comes from. */
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useId, useState } from 'react'
import type { Search } from '../../api/chats'
import { Icon } from '../../ui/Icon'
import { Isolated } from '../../ui/Isolated'
import { words } from '../words'

const say = words.how
const percent = (share: number): number => Math.round(Math.max(0, Math.min(1, share)) * 100)

export function Sources({ search }: { search: Search }) {
  const [open, setOpen] = useState(false)
  const id = useId()
  const results = Array.isArray(search.results) ? search.results : []
  const [best] = results
  if (best === undefined) return null
  return (
    <div className="how">
      <button type="button" className="how-head micro" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        <Icon of={open ? IconChevronDown : IconChevronRight} size={12} />
        <span className="med">{say.sources}</span>
        <Isolated className="t3 how-who ell" text={String(best.source)} />
      </button>
      <div id={id} hidden={!open}>
        {open && (
          <div className="well how-body micro">
            <p>{search.mode === 'generative' ? say.worded(search.model ?? say.aModel) : say.quoted}</p>
            <ol className="sources">
              {results.map(({ source, heading, score }, index) => (
                // What was found never changes its order.
                // oxlint-disable-next-line react/no-array-index-key
                <li key={index}>
                  <span className="source-text">
                    <Isolated text={heading || String(source)} />
                    {heading && <Isolated className="mono t3" text={String(source)} />}
                  </span>
                  <span className="num t2">{percent(Number(score))}%</span>
                </li>
              ))}
            </ol>
          </div>
        )}
      </div>
    </div>
  )
}
