/** How a turn's message was understood: in plain words first, everything else on demand. */
import { IconAlertTriangle, IconChevronDown, IconChevronRight } from '@tabler/icons-react'
import { useId, useState } from 'react'
import type { Trace, Turn } from '../../api/chats'
import { useLayout } from '../../frame/layout'
import { Icon } from '../../ui/Icon'
import { Isolated } from '../../ui/Isolated'
import { words } from '../words'
import { Candidates, LeftOut, Values } from './Found'
import { Model } from './Model'
import { localOf, modelOf, shortOf, storyOf } from './story'

const say = words.how

/** What the engine's timings are called here; sums of them are left out. */
const TIMES: Readonly<Record<string, string>> = say.times

interface Props {
  turn: Turn
  trace: Trace
  /** The turn that is looked at shows it, unless the person has closed it there. */
  current: boolean
}

export function HowUnderstood({ turn, trace, current }: Props) {
  const wanted = useLayout((state) => state.how ?? true)
  // Elsewhere it is opened for this turn alone.
  const [here, setHere] = useState(false)
  const open = current ? wanted : here
  const id = useId()
  const { who, failed } = shortOf(turn, trace)
  const toggle = () => (current ? useLayout.setState({ how: !open }) : setHere(!open))
  return (
    <div className="how">
      <button type="button" className="how-head micro" aria-expanded={open} aria-controls={id} onClick={toggle}>
        <Icon of={open ? IconChevronDown : IconChevronRight} size={12} />
        <span className="med">{say.title}</span>
        <span className="t3 how-who">{who}</span>
        {failed && (
          <span className="c-warn how-failed" title={say.withFault}>
            <Icon of={IconAlertTriangle} size={12} />
            <span className="sr">{say.withFault}</span>
          </span>
        )}
      </button>
      <div id={id} hidden={!open}>
        {open && <Details turn={turn} trace={trace} />}
      </div>
    </div>
  )
}

function Details({ turn, trace }: { turn: Turn; trace: Trace }) {
  const found = trace.understanding ?? {}
  const local = localOf(found)
  const model = modelOf(found)
  const times = Object.entries(trace.times ?? {}).flatMap(([name, ms]) => (TIMES[name] ? [[TIMES[name], ms] as const] : []))
  return (
    <div className="well how-body micro">
      <div className="how-story">
        {storyOf(turn, trace).map((sentence) => (
          <Isolated key={sentence} className="how-line" text={sentence} />
        ))}
      </div>
      {local && <Candidates local={local} />}
      {local && <Values local={local} />}
      {found.dropped && found.dropped.length > 0 && <LeftOut dropped={found.dropped} />}
      {model && <Model model={model} message={turn.user?.message_id ?? null} />}
      {found.too_long && <p className="t3">{say.tooLong}</p>}
      {times.length > 0 && <p className="t3 num">{times.map(([name, ms]) => `${name} ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`).join(' · ')}</p>}
    </div>
  )
}
