/** What the step says: the response's text, edited here, as the user will see it. */
import { Link } from '@tanstack/react-router'
import { useId } from 'react'
import { get, isObject, useDocumentNamed, useDocuments } from '../../documents'
import { useAssistant, useContentLanguage, useMayWrite } from '../../frame/assistant'
import { runsOf } from '../captions'
import { typeText, writtenText } from '../responseText'
import { Runs } from '../StepNode'
import { words } from '../words'

export function Question({ response: name, question }: { response: string; question: boolean }) {
  const id = useId()
  const store = useDocuments()
  const response = useDocumentNamed('response', name)
  const assistant = useAssistant()
  const language = useContentLanguage()
  const editable = useMayWrite('response')
  if (response === undefined) return null
  const text = writtenText(response, language, assistant.language) ?? ''
  const variations = Array.isArray(response.body) ? response.body.length : 0
  const buttons = get(response.body, '/0/buttons')
  return (
    <div className="insp-part">
      <div className="part-head">
        <label className="label" htmlFor={id}>
          {question ? words.question.question : words.question.text}
        </label>
        <Link className="link small mono ell" to="/a/$assistant/content/$kind/$name" params={{ assistant: assistant.name, kind: 'response', name }}>
          {name}
        </Link>
      </div>
      <div className="preview">
        <div className="bubble bot">
          <Runs runs={runsOf(text)} />
        </div>
        {Array.isArray(buttons) && (
          <div className="quick" aria-label={words.question.buttons}>
            {buttons.filter(isObject).map((button) => (
              <span key={`${String(button['title'])} ${String(button['payload'])}`}>{String(button['title'])}</span>
            ))}
          </div>
        )}
      </div>
      <textarea
        id={id}
        className="input area"
        rows={2}
        value={text}
        readOnly={!editable}
        onChange={(event) => store.type(typeText(response, language, assistant.language, event.target.value), { name: 'edit-text', arguments: { kind: 'response', name } })}
        onBlur={() => store.settle()}
      />
      {variations > 1 && <p className="small t3">{words.question.firstOf(variations)}</p>}
    </div>
  )
}
