/** The nodes of the canvas: start, step, end, and the labels that stand on edges. */
import { Handle, Position, type Node, type NodeProps } from '@xyflow/react'
import { IconArrowBackUp, IconPinned, IconPlayerPlay, IconShieldCheck, IconZoomQuestion } from '@tabler/icons-react'
import { memo, useState } from 'react'
import type { Problem, Word } from '../api'
import { Icon } from '../ui/Icon'
import { useUnknownSlot } from '../ui/knownSlots'
import { STEPS, lookOf } from '../ui/kinds'
import { SeverityMark } from '../ui/marks'
import type { Caption } from './captions'
import type { Run } from './layout'
import { words as texts } from './words'

export interface StepData extends Record<string, unknown> {
  caption: Caption
  problems: readonly Problem[]
  asksFirst: boolean
  rules: number
  persisted: boolean
  selected: boolean
  lit: boolean
  active: boolean
  /** The response's text as written, where it may be edited here. */
  text: string | null
  onText: ((text: string) => void) | null
  onDone: (() => void) | null
}

export type StepNodeType = Node<StepData, 'step'>
export type StartNodeType = Node<{ text: string; lit: boolean }, 'start'>
export type EndNodeType = Node<{ missing: string | null }, 'end'>
export type LabelNodeType = Node<{ words: readonly Word[]; connect: string | null; lit: boolean }, 'label'>

function Ends() {
  return (
    <>
      <Handle type="target" position={Position.Top} isConnectable={false} />
      <Handle type="source" position={Position.Bottom} isConnectable={false} />
    </>
  )
}

export function Runs({ runs }: { runs: readonly Run[] }) {
  const isUnknownSlot = useUnknownSlot()
  const hasStatements = runs.some((run) => !run.chip && run.text.includes('{%'))
  const isUnknown = (slot: string) => !hasStatements && isUnknownSlot(slot)
  // Runs have no identity of their own: their place in the caption is it.
  // oxlint-disable-next-line react/no-array-index-key
  return runs.map((run, index) => (run.chip ? <span key={index} className={isUnknown(run.text) ? 'slot bad' : 'slot'}>{run.text}</span> : <span key={index}>{run.text}</span>))
}

export const StepNode = memo(function StepNode({ data }: NodeProps<StepNodeType>) {
  const { caption, problems, selected, lit, active, text, onText } = data
  const [editing, setEditing] = useState(false)
  const look = caption.kind === 'unknown' ? { one: texts.stepNode.step, icon: lookOf('file').icon, hue: 'k-end' } : STEPS[caption.kind]
  const classes = ['node', look.hue, selected ? 'sel' : '', active ? 'active' : lit ? 'lit' : ''].filter(Boolean).join(' ')
  return (
    <div className={classes} title={problems[0]?.message} onDoubleClick={() => setEditing(text !== null && onText !== null)}>
      <Ends />
      <div className="nh">
        <span className={`tile ${look.hue}`}>
          <Icon of={look.icon} size={14} />
        </span>
        <span className="nk">{look.one}</span>
        {caption.head !== null && <span className="mono nm ell">{caption.head}</span>}
        <span className="marks">
          {data.asksFirst && <Mark of={IconZoomQuestion} says="Asks before filling" />}
          {data.rules > 0 && <Mark of={IconShieldCheck} says={`${data.rules} validation ${data.rules === 1 ? 'rule' : 'rules'}`} />}
          {data.persisted && <Mark of={IconPinned} says="Keeps its value after the flow ends" />}
          {problems[0] && <SeverityMark severity={problems[0].severity} size={14} />}
        </span>
      </div>
      {editing && text !== null && onText !== null ? <TextField {...{ caption, text, onText }} onDone={() => (setEditing(false), data.onDone?.())} /> : <Text caption={caption} />}
    </div>
  )
})

function Mark({ of, says }: { of: typeof IconPinned; says: string }) {
  return (
    <span title={says}>
      <Icon of={of} size={14} />
      <span className="sr">{says}</span>
    </span>
  )
}

function Text({ caption }: { caption: Caption }) {
  return (
    <div className={`nb${caption.mono ? ' mono' : ''}`}>
      <Runs runs={caption.runs} />
    </div>
  )
}

/** In place of the caption, the text that it shows. */
function TextField({ caption, text, onText, onDone }: { caption: Caption; text: string; onText: (text: string) => void; onDone: () => void }) {
  return (
    <div className="nb nodrag nopan nowheel">
      <textarea
        // The person asked for it by a double click: the caret belongs here.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus
        aria-label={texts.stepNode.textOf(caption.response ?? '')}
        value={text}
        onChange={(event) => onText(event.target.value)}
        onBlur={onDone}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Escape' || (event.key === 'Enter' && !event.shiftKey)) event.currentTarget.blur()
        }}
      />
    </div>
  )
}

export const StartNode = memo(function StartNode({ data }: NodeProps<StartNodeType>) {
  return (
    <div className={`node small k-start${data.lit ? ' lit' : ''}`}>
      <Ends />
      <div className="nh">
        <span className="tile k-start">
          <Icon of={IconPlayerPlay} size={14} />
        </span>
        <span className="nk">{texts.stepNode.start}</span>
        <span className="nm ell">{data.text}</span>
      </div>
    </div>
  )
})

export const EndNode = memo(function EndNode({ data: { missing } }: NodeProps<EndNodeType>) {
  return (
    <div className={missing === null ? 'endpill' : 'endpill missing'} title={missing === null ? undefined : texts.stepNode.missing(missing)}>
      <Ends />
      <span className="ell">{missing === null ? texts.stepNode.end : texts.stepNode.missing(missing)}</span>
    </div>
  )
})

export const LabelNode = memo(function LabelNode({ data }: NodeProps<LabelNodeType>) {
  const plain = data.words.map((word) => word.text).join(' ')
  return (
    <div className={`elabel${data.lit ? ' lit' : ''}`} title={data.connect ?? plain}>
      {data.connect === null ? <Words words={data.words} /> : <Connect to={data.connect} />}
    </div>
  )
})

function Connect({ to }: { to: string }) {
  return (
    <>
      <Icon of={IconArrowBackUp} size={12} />
      <span className="text">{to}</span>
    </>
  )
}

/** A condition in words, its slots as chips. */
export function Words({ words }: { words: readonly Word[] }) {
  return (
    <span className="text">
      {words.map((word, index) => (
        // Words have no identity of their own: their place in the sentence is it.
        // oxlint-disable-next-line react/no-array-index-key
        <span key={index}>
          {index > 0 && ' '}
          {word.role === 'slot' ? <span className="slot">{word.text}</span> : word.text}
        </span>
      ))}
    </span>
  )
}
