/** What captions read, taken from the documents that came with the flow. */
import { useMemo } from 'react'
import { useDocumentsState, type Document, type Json } from '../documents'
import { useAssistant, useContentLanguage } from '../frame/assistant'
import type { Surroundings } from './captions'

/** Documents by kind and name, as captions and the inspector look them up. */
export function useByName(kind: string): ReadonlyMap<string, Document> {
  const documents = useDocumentsState((state) => state.documents)
  return useMemo(() => new Map(Object.values(documents).flatMap((document) => (document.kind === kind && !document.deleted ? [[document.name, document] as const] : []))), [documents, kind])
}

export function useSurroundings(flow: Document | undefined): Surroundings {
  const language = useContentLanguage()
  const mainLanguage = useAssistant().language
  const responses = useByName('response')
  const conditions = flow?.conditions
  return useMemo(
    () => ({
      language,
      mainLanguage,
      response: (name: string): Json | undefined => responses.get(name)?.body,
      condition: (text: string) => conditions?.[text],
    }),
    [language, mainLanguage, responses, conditions],
  )
}
