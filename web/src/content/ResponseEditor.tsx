/** A response's wordings beside what the user will see. */
import { IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useMemo, useRef, useState } from 'react'
import { itemsQuery } from '../app/queries'
import { useDocuments, useRowKeys, type Document, type Json } from '../documents'
import { focusSoon } from '../focus/soon'
import { languageName, languagesOf, useAssistant, useContentLanguage, useMayWrite } from '../frame/assistant'
import { Button, Segmented } from '../ui/controls'
import { Preview } from './Preview'
import { useConditions } from './useConditions'
import { Variation } from './Variation'
import { variationsOf } from './variation'
import { WhereUsed } from './WhereUsed'
import { words } from './words'

const NONE: readonly Json[] = []

/** The names of all slots, for completion and for telling unknown ones; null until they are known. */
export function useSlotNames(): readonly string[] | null {
  const { id } = useAssistant()
  const { data } = useQuery(itemsQuery(id, 'slot'))
  return useMemo(() => data?.map((item) => item.name) ?? null, [data])
}

export default function ResponseEditor({ document }: { document: Document }) {
  const store = useDocuments()
  const assistant = useAssistant()
  const may = useMayWrite('response')
  const slots = useSlotNames()
  const content = useContentLanguage()
  const others = languagesOf(assistant).filter((language) => language !== assistant.language)
  const [chosen, setOther] = useState<string | null>(null)
  const other = chosen ?? (content === assistant.language ? others[0] : content)
  const variations = variationsOf(document.body)
  const keys = useRowKeys(Array.isArray(document.body) ? document.body : NONE)
  const fields = useRef<HTMLDivElement>(null)
  const conditions = useConditions(variations.flatMap((variation) => (variation.condition ? [variation.condition] : [])))
  const label = { name: 'edit-response', arguments: { name: document.name } }
  const add = () => {
    store.run([{ name: 'insert', item: document.id, at: { path: `/${variations.length}` }, value: { text: '' } }], { ...label, name: 'add-variation' })
    focusSoon(() => fields.current?.querySelector<HTMLElement>(`[data-variation="${variations.length}"] textarea`) ?? null)
  }
  return (
    <div className="edbody">
      <div className="fields" ref={fields}>
        <div className="lang">
          <span className="hs small">
            <span className="med">{languageName(assistant.language)}</span>
            {other && <span className="t3">{words.reference}</span>}
          </span>
          {other &&
            (others.length > 1 ? (
              <Segmented label={words.translation} value={other} onChange={setOther} options={others.map((code) => ({ value: code, label: code.toUpperCase() }))} />
            ) : (
              <span className="small med">{languageName(other)}</span>
            ))}
        </div>
        <h3 className="sub">
          {variations.length === 1 ? words.text : words.variations} {variations.length > 1 && <span className="t3 small regular">{words.atRandom}</span>}
        </h3>
        {variations.map((variation, place) => (
          <Variation
            key={keys[place]}
            item={document.id}
            name={document.name}
            place={place}
            variation={variation}
            language={assistant.language}
            other={other}
            slots={slots}
            condition={variation.condition ? conditions[variation.condition] : undefined}
            only={variations.length === 1}
            readOnly={!may}
          />
        ))}
        {may && (
          <Button look="quiet" icon={IconPlus} className="addv" onClick={add}>
            {words.variation}
          </Button>
        )}
      </div>
      <aside className="prev" aria-label={words.previewAndUse}>
        <Preview variations={variations} languages={languagesOf(assistant)} start={content} own={assistant.language} />
        <WhereUsed item={document.id} />
      </aside>
    </div>
  )
}
