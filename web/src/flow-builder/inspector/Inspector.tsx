/** Everything about the selected step, or about the flow where none is selected. */
import { IconX } from '@tabler/icons-react'
import type { Document } from '../../documents'
import { onEscape } from '../../focus/onEscape'
import { useLayout } from '../../frame/layout'
import { Resizer } from '../../frame/Resizer'
import { IconButton, KindTile } from '../../ui/controls'
import { Icon } from '../../ui/Icon'
import { STEPS } from '../../ui/kinds'
import type { Surroundings } from '../captions'
import { nameOf, type FlowView } from '../view'
import { FlowFields } from './FlowFields'
import { StepFields } from './StepFields'
import { words } from '../words'

export interface InspectorProps {
  flow: Document
  view: FlowView
  around: Surroundings
  selected: string | null
  onClose: () => void
}

export function Inspector({ flow, view, around, selected, onClose }: InspectorProps) {
  const width = useLayout((state) => state.inspector)
  const caption = selected === null ? undefined : view.captions.get(selected)
  return (
    <>
      {/* Escape leaves it for the step on the canvas. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <aside className="inspector" id="inspector" tabIndex={-1} style={{ width }} aria-label={words.inspector.inspector} aria-describedby="inspector-head" onKeyDown={selected === null ? undefined : onEscape(onClose)}>
        <Resizer label={words.inspector.widthOfTheInspector} value={width} min={300} max={520} direction={-1} onChange={(inspector) => useLayout.setState({ inspector })} />
        {selected !== null && caption !== undefined ? (
          <>
            <StepHead step={selected} view={view} flow={flow} onClose={onClose} />
            <div className="scroll">
              <StepFields key={selected} flow={flow} step={selected} caption={caption} view={view} around={around} />
            </div>
          </>
        ) : (
          <>
            <header className="insp-head">
              <KindTile kind="flow" name={flow.name} large />
              <div className="grow">
                <h2 className="med ell mono" id="inspector-head">{flow.name}</h2>
                <p className="small t3">{count(view.steps.size)}</p>
              </div>
            </header>
            <div className="scroll">
              <FlowFields flow={flow} around={around} />
            </div>
          </>
        )}
      </aside>
    </>
  )
}

function count(steps: number): string {
  return steps === 1 ? words.inspector.flowOfOneStep : words.inspector.flowOfSteps(steps)
}

function StepHead({ step, view, flow, onClose }: { step: string; view: FlowView; flow: Document; onClose: () => void }) {
  const caption = view.captions.get(step)
  const look = caption === undefined || caption.kind === 'unknown' ? null : STEPS[caption.kind]
  const place = [...view.steps.keys()].indexOf(step) + 1
  return (
    <header className="insp-head">
      {look && (
        <span className={`tile tile-28 ${look.hue}`}>
          <Icon of={look.icon} />
        </span>
      )}
      <div className="grow">
        <h2 className="med ell" id="inspector-head">{look ? `${look.one} ${caption?.head ?? ''}` : nameOf(step, view.captions)}</h2>
        <p className="small t3 ell">
          {words.inspector.stepOf(place, view.steps.size, flow.name)}
        </p>
      </div>
      <IconButton icon={IconX} label={words.inspector.close} onClick={onClose} />
    </header>
  )
}
