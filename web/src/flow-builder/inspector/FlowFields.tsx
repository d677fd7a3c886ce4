/** The flow's own fields: how it is called, what the assistant knows of it, when it may start. */
import { get, isObject, type Document } from '../../documents'
import { useMayWrite } from '../../frame/assistant'
import { Words } from '../StepNode'
import type { Surroundings } from '../captions'
import { wordsOf } from '../view'
import { TextArea, Toggle } from './fields'

export function FlowFields({ flow, around }: { flow: Document; around: Surroundings }) {
  const editable = useMayWrite('flow')
  const body = isObject(flow.body) ? flow.body : {}
  const guard = body['if']
  const kept = Array.isArray(body['persisted_slots']) ? body['persisted_slots'].map(String) : []
  const common = { flow, editable }
  return (
    <>
      <div className="insp-part">
        <TextArea {...common} at={{ path: '/name' }} label="Name" what="name" lines={1} hint="How the assistant calls the flow when it talks about it." />
        <TextArea {...common} at={{ path: '/description' }} label="Description for the assistant" what="description" lines={3} hint="It decides with this when somebody wants this flow." />
      </div>
      <div className="insp-part">
        <h3 className="label">Starts</h3>
        <p>
          {guard === undefined ? (
            'Whenever somebody asks for it'
          ) : guard === false || guard === 'false' ? (
            'Only when another flow links to it or calls it'
          ) : (
            <>
              If <Words words={wordsOf(String(guard), around.condition(String(guard)))} />
            </>
          )}
        </p>
        <Intents triggers={body['nlu_trigger']} />
      </div>
      <div className="insp-part">
        <Toggle {...common} at={{ path: '/run_pattern_completed' }} label="Asks afterwards if there is anything else" what="question at the end" fallback />
        {kept.length > 0 && (
          <div className="field">
            <h3 className="label">Values kept after the flow ends</h3>
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
      Triggered by{' '}
      {names.map((name) => (
        <span key={name} className="tag line mono">
          {name}
        </span>
      ))}
    </p>
  )
}
