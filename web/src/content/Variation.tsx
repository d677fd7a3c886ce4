/** One wording: text and translation side by side, when it is said, and its buttons. */
import { IconArrowsSplit2, IconLink, IconPlus, IconTrash, IconX } from '@tabler/icons-react'
import type { Condition } from '../api'
import { useDocuments, type Json } from '../documents'
import { languageName } from '../frame/assistant'
import { BoundText } from '../ui/BoundText'
import { Button, IconButton } from '../ui/controls'
import { ConditionWords } from '../ui/ConditionWords'
import { Icon } from '../ui/Icon'
import { SlotArea } from '../ui/SlotArea'
import { ButtonRow } from './ButtonRow'
import { Members } from './Members'
import type { VariationView } from './variation'
import { words } from './words'

interface Props {
  item: string
  name: string
  place: number
  variation: VariationView
  language: string
  other: string | undefined
  slots: readonly string[] | null
  condition: Condition | undefined
  only: boolean
  readOnly: boolean
}

export function Variation({ item, name, place, variation, language, other, slots, condition, only, readOnly }: Props) {
  const store = useDocuments()
  const label = (command: string) => ({ name: command, arguments: { name } })
  const at = (rest: string) => ({ path: `/${place}${rest}` })
  const type = (path: string, value: string, was: string | undefined) =>
    store.type({ name: 'set', item, at: at(path), value, ...(was === undefined ? {} : { was }) }, label('edit-response'))
  const remove = () => {
    const body = store.state.getState().documents[item]?.body
    const was = Array.isArray(body) ? body[place] : undefined
    if (was !== undefined) store.run([{ name: 'remove', item, at: at(''), was }], label('remove-variation'))
  }
  const addButton = (button: Json) => {
    const count = variation.buttons.length
    if (count === 0) store.run([{ name: 'set', item, at: at('/buttons'), value: [button] }], label('add-button'))
    else store.run([{ name: 'insert', item, at: at(`/buttons/${count}`), value: button }], label('add-button'))
  }
  const translated = other === undefined ? undefined : variation.translation[other]
  const inOther = typeof translated === 'string' ? translated : undefined
  const conditional = variation.condition !== undefined || variation.channel !== undefined
  return (
    <section className={conditional ? 'cond' : 'plain'} data-variation={place} aria-label={words.variationAt(place + 1)}>
      {conditional && <When item={item} place={place} name={name} variation={variation} condition={condition} readOnly={readOnly} />}
      <div className="vrow">
        <SlotArea
          label={words.textIn(place + 1, languageName(language))}
          value={variation.text ?? ''}
          slots={slots}
          placeholder={variation.text === undefined ? words.saysNothingItself : words.whatItSays}
          readOnly={readOnly}
          onChange={(value) => type('/text', value, variation.text)}
          onBlur={() => store.settle()}
        />
        {other && (
          <SlotArea
            label={words.textIn(place + 1, languageName(other))}
            className={inOther === undefined ? 'missing' : ''}
            value={inOther ?? ''}
            slots={slots}
            placeholder={words.noTextIn(languageName(other))}
            readOnly={readOnly}
            onChange={(value) => type(`/translation/${other}`, value, inOther)}
            onBlur={() => store.settle()}
          />
        )}
        {!readOnly && !only && <IconButton icon={IconTrash} label={words.removeVariation(place + 1)} small onClick={remove} />}
      </div>
      {variation.buttons.map((button, index) => (
        <ButtonRow key={index} item={item} name={name} path={`/${place}/buttons/${index}`} button={button} index={index} count={variation.buttons.length} other={other} readOnly={readOnly} />
      ))}
      <Members item={item} name={name} place={place} variation={variation} readOnly={readOnly}>
        <Button look="quiet" icon={IconPlus} className="addv" onClick={() => addButton({ title: '', payload: '' })}>
          {words.button}
        </Button>
        <Button look="quiet" icon={IconLink} className="addv" onClick={() => addButton({ title: '', url: 'https://' })}>
          {words.link}
        </Button>
        {variation.condition === undefined && (
          <Button
            look="quiet"
            icon={IconArrowsSplit2}
            className="addv"
            onClick={() => store.run([{ name: 'set', item, at: at('/condition'), value: slots?.[0] ? `slots.${slots[0]} is not null` : 'true' }], label('add-condition'))}
          >
            {words.condition}
          </Button>
        )}
      </Members>
    </section>
  )
}

function When({ item, place, name, variation, condition, readOnly }: { item: string; place: number; name: string; variation: VariationView; condition: Condition | undefined; readOnly: boolean }) {
  const store = useDocuments()
  const change = { name: 'edit-condition', arguments: { name } }
  const at = { path: `/${place}/condition` }
  const text = variation.condition
  return (
    <>
      <div className="condh">
        <Icon of={IconArrowsSplit2} size={14} />
        {text !== undefined && <span className="t3">{words.when}</span>}
        {text === null && <span className="t2">{words.olderForm}</span>}
        {typeof text === 'string' && (condition && !condition.error ? <ConditionWords words={condition.words} /> : <code className="mono ell">{text}</code>)}
        {variation.channel && <span className="tag line">{words.badgeOn(variation.channel)}</span>}
        <span className="sp" />
        {!readOnly && typeof text === 'string' && (
          <IconButton icon={IconX} label={words.removeCondition} small onClick={() => store.run([{ name: 'remove', item, at, was: text }], { ...change, name: 'remove-condition' })} />
        )}
      </div>
      {typeof text === 'string' && (
        <div className="cond-edit">
          <BoundText item={item} at={at} value={text} label={words.condition} change={change} mono readOnly={readOnly} />
          {condition?.error && (
            <p className="error c-err small" role="alert">
              {words.atColumn(condition.error.column, condition.error.message)}
            </p>
          )}
        </div>
      )}
    </>
  )
}
