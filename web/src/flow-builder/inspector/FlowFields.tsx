/** The flow's own fields: how it is called, what the assistant knows of it, when it may start. */
import { get, isObject, type Document } from '../../documents'
import { useMayWrite } from '../../frame/assistant'
import { Words } from '../StepNode'
import type { Surroundings } from '../captions'
import { wordsOf } from '../view'
import { TextArea, Toggle } from './fields'
import { words } from '../words'

export function FlowFields({ flow, around }: { flow: Document; around: Surroundings }) {
  const editable = useMayWrite('flow')
  const body = isObject(flow.body) ? flow.body : {}
  const guard = body['if']
  const kept = Array.isArray(body['persisted_slots']) ? body['persisted_slots'].map(String) : []
  const common = { flow, editable }
  return (
    <>
      <div className="insp-part">
        <TextArea {...common} at={{ path: '/name' }} label={words.flowFields.name} what={words.flowFields.nameEdit} lines={1} hint={words.flowFields.nameHint} />
        <TextArea {...common} at={{ path: '/description' }} label={words.flowFields.descriptionForTheAssistant} what={words.flowFields.description} lines={3} hint={words.flowFields.descriptionHint} />
      </div>
      <div className="insp-part">
        <h3 className="label">{words.flowFields.starts}</h3>
        <p>
          {guard === undefined ? (
            flow.name.startsWith('pattern_') ? words.flowFields.startsByItself : words.flowFields.startsWhenAsked
          ) : guard === false || guard === 'false' ? (
            words.flowFields.startsFromFlows
          ) : (
            <>
              {words.flowFields.if} <Words words={wordsOf(String(guard), around.condition(String(guard)))} />
            </>
          )}
        </p>
        <Intents triggers={body['nlu_trigger']} />
      </div>
      <div className="insp-part">
        <Toggle {...common} at={{ path: '/run_pattern_completed' }} label={words.flowFields.asksAtTheEnd} what={words.flowFields.questionAtTheEnd} fallback />
        {kept.length > 0 && (
          <div className="field">
            <h3 className="label">{words.flowFields.valuesKept}</h3>
            <p className="chips">
              {kept.map((slot) => (
                <span key={slot} className="slot">
                  {slot}
                </span>
              ))}
            </p>
          </div>
        )}
      </div>
    </>
  )
}

function Intents({ triggers }: { triggers: unknown }) {
  if (!Array.isArray(triggers)) return null
  const names = triggers.map((trigger) => get(trigger, '/intent')).map((intent) => (isObject(intent) ? String(intent['name']) : String(intent)))
  return (
    <p className="t2">
      {words.flowFields.triggeredBy}{' '}
      {names.map((name) => (
        <span key={name} className="tag line mono">
          {name}
        </span>
      ))}
    </p>
  )
}
