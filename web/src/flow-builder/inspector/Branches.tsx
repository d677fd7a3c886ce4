/** Where the flow goes on from a step: the conditions in their order, each in words. */
import { isObject, type Document, type Json, type JsonObject } from '../../documents'
import type { Surroundings } from '../captions'
import { Words } from '../StepNode'
import { nameOf, wordsOf, type FlowView } from '../view'
import { words } from '../words'

export function Branches({ step, around, view, flow }: { step: JsonObject; around: Surroundings; view: FlowView; flow: Document }) {
  const next = step['next']
  if (next === undefined) return null
  const branches = Array.isArray(next) ? next.filter(isObject) : []
  const target = (value: Json | undefined) => targetName(value, view, flow)
  return (
    <div className="insp-part">
      <h3 className="label">{words.branches.goesOn}</h3>
      {branches.length === 0 ? (
        <p>{target(next)}</p>
      ) : (
        <ul className="rules">
          {branches.map((branch) => {
            const condition = branch['if']
            const error = condition === undefined ? null : (around.condition(String(condition))?.error ?? null)
            return (
              <li key={String(condition)}>
                <span className="t3">{condition === undefined ? words.branches.else : words.branches.if}</span>
                <span>{condition !== undefined && <Words words={wordsOf(String(condition), around.condition(String(condition)))} />}</span>
                <span className="t3">{words.branches.goTo}</span>
                <span>
                  {target(branch['then'] ?? branch['else'])}
                  {error && <span className="error">{error.message}</span>}
                </span>
              </li>
            )
          })}
        </ul>
      )}
    </div>
  )
}

/** The first step of a nested list, or the step or end that is named. */
function targetName(value: Json | undefined, view: FlowView, flow: Document): string {
  if (Array.isArray(value)) {
    const first = [...view.steps].find(([, step]) => step === value[0])
    return first ? nameOf(first[0], view.captions) : words.branches.ownSteps
  }
  if (value === 'END' || value === undefined) return words.branches.theEnd
  const key = Object.values(flow.keys).find((candidate) => candidate === value)
  return key === undefined ? String(value) : nameOf(key, view.captions)
}
