/** The fields of a step, by its kind. */
import { Link } from '@tanstack/react-router'
import { isObject, useDocumentNamed, type Document, type Json, type JsonObject } from '../../documents'
import { useAssistant, useMayWrite } from '../../frame/assistant'
import { KindTile } from '../../ui/controls'
import { responseText, runsOf, type Caption, type Surroundings } from '../captions'
import { Runs, Words } from '../StepNode'
import { wordsOf, type FlowView } from '../view'
import { Branches } from './Branches'
import { TextArea, Toggle } from './fields'
import { Question } from './Question'
import { words } from '../words'

interface StepProps {
  flow: Document
  step: string
  caption: Caption
  view: FlowView
  around: Surroundings
}

export function StepFields({ flow, step, caption, view, around }: StepProps) {
  const editable = useMayWrite('flow')
  const body = view.steps.get(step) ?? {}
  const problems = flow.problems.filter((problem) => problem.step === step)
  const common = { flow, editable }
  return (
    <>
      {problems.length > 0 && (
        <ul className="insp-part notes">
          {problems.map((problem) => (
            <li key={problem.key} className={problem.severity === 'error' ? 'c-err' : problem.severity === 'warning' ? 'c-warn' : 't2'}>
              {problem.message}
            </li>
          ))}
        </ul>
      )}
      {caption.kind === 'collect' && (
        <div className="insp-part">
          <TextArea {...common} at={{ step, path: '/description' }} label={words.stepFields.descriptionForTheAssistant} what={words.stepFields.description} hint={words.stepFields.saysWhatValueIs} />
          <SlotLine name={String(body['collect'])} />
        </div>
      )}
      {caption.response !== null && <Question key={caption.response} response={caption.response} question={caption.kind === 'collect'} />}
      {caption.response === null && <Target kind={caption.kind} body={body} />}
      {caption.kind === 'collect' && (
        <div className="insp-part">
          <Toggle {...common} at={{ step, path: '/ask_before_filling' }} label={words.stepFields.askBeforeFilling} what={words.stepFields.askBeforeFillingEdit} hint={words.stepFields.alwaysAsks} />
          <Toggle {...common} at={{ step, path: '/force_slot_filling' }} label={words.stepFields.preventDigressions} what={words.stepFields.forceSlotFilling} hint={words.stepFields.takesAnything} />
        </div>
      )}
      <Rules rules={body['rejections']} around={around} />
      <Branches step={body} around={around} view={view} flow={flow} />
      <div className="insp-part small t3">
        {words.stepFields.id} <span className="mono">{typeof body['id'] === 'string' ? body['id'] : words.stepFields.noId}</span>
      </div>
    </>
  )
}

function SlotLine({ name }: { name: string }) {
  const assistant = useAssistant()
  const slot = useDocumentNamed('slot', name)
  const type = isObject(slot?.body) && typeof slot.body['type'] === 'string' ? slot.body['type'] : null
  return (
    <div className="field">
      <h3 className="label">{words.stepFields.slot}</h3>
      <Link className="refline" to="/a/$assistant/content/$kind/$name" params={{ assistant: assistant.name, kind: 'slot', name }}>
        <KindTile kind="slot" />
        <span className="mono grow ell">{name}</span>
        {type !== null && <span className="tag mono">{type}</span>}
      </Link>
    </div>
  )
}

function Target({ kind, body }: { kind: Caption['kind']; body: JsonObject }) {
  const assistant = useAssistant()
  if (kind === 'link' || kind === 'call') {
    const flow = String(body[kind])
    return (
      <div className="insp-part">
        <h3 className="label">{kind === 'link' ? words.stepFields.goesOnWith : words.stepFields.runsAndComesBack}</h3>
        <Link className="refline mono" to="/a/$assistant/flows/$flow" params={{ assistant: assistant.name, flow }}>
          {flow}
        </Link>
      </div>
    )
  }
  if (kind === 'action')
    return (
      <div className="insp-part">
        <h3 className="label">{words.stepFields.action}</h3>
        <p className="mono">{String(body['action'])}</p>
        <p className="small t3">{words.stepFields.runsWhere}</p>
      </div>
    )
  if (kind === 'set')
    return (
      <div className="insp-part">
        <h3 className="label">{words.stepFields.sets}</h3>
        {pairsOf(body['set_slots']).map(([slot, value]) => (
          <p key={slot}>
            <span className="slot">{slot}</span> = <span className="mono">{value === null ? words.stepFields.empty : JSON.stringify(value)}</span>
          </p>
        ))}
      </div>
    )
  return null
}

function pairsOf(value: Json | undefined): [string, Json][] {
  return Array.isArray(value) ? value.flatMap((entry) => (isObject(entry) ? Object.entries(entry) : [])) : []
}

function Rules({ rules, around }: { rules: Json | undefined; around: Surroundings }) {
  const found = Array.isArray(rules) ? rules.filter(isObject) : []
  if (found.length === 0) return null
  return (
    <div className="insp-part">
      <h3 className="label">
        {words.stepFields.validation} <span className="count">{found.length}</span>
      </h3>
      <ul className="rules">
        {found.map((rule) => {
          const text = String(rule['if'])
          const said = String(rule['utter'])
          const written = responseText(around.response(said), around)
          return (
            <li key={`${text} ${said}`}>
              <span className="t3">{words.stepFields.if}</span>
              <span>
                <Words words={wordsOf(text, around.condition(text))} />
              </span>
              <span className="t3">{words.stepFields.say}</span>
              <span>{written === null ? <span className="mono">{said}</span> : <Runs runs={runsOf(written)} />}</span>
            </li>
          )
        })}
      </ul>
    </div>
  )
}
