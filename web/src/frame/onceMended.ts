/** A person's wish that an assistant is trained as soon as no error keeps it from that; the browser remembers it. */
import { queryClient, sessionQuery } from '../app/queries'

/** A person has none of another's wishes, who uses the same browser. */
const keyOf = (assistant: string) => `talkwright.train-once-mended.${queryClient.getQueryData(sessionQuery.queryKey)?.person.id}.${assistant}`

/** What a browser says that keeps nothing: whoever wishes then has to press Train. */
function stored<T>(ask: (storage: Storage) => T, otherwise: T): T {
  try {
    return ask(window.localStorage)
  } catch {
    return otherwise
  }
}

export function wishTraining(assistant: string): void {
  stored((storage) => storage.setItem(keyOf(assistant), 'yes'), undefined)
}

export function wishesTraining(assistant: string): boolean {
  return stored((storage) => storage.getItem(keyOf(assistant)) !== null, false)
}

export function forgetTraining(assistant: string): void {
  stored((storage) => storage.removeItem(keyOf(assistant)), undefined)
}
