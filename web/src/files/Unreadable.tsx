/** A file that holds no text, or none that can be read: it is kept as it came, and another can take its place. */
import { IconFileUnknown, IconReplace } from '@tabler/icons-react'
import { useId, useState } from 'react'
import { api, ApiError } from '../api'
import { contentChanged, isShown } from '../app/queries'
import { uuid7, useDocuments, type Document } from '../documents'
import { Message } from '../drawer/Problems'
import { useAssistant, useMay, useMayWrite } from '../frame/assistant'
import { Icon } from '../ui/Icon'
import { Empty } from '../ui/states'
import { toast } from '../ui/toasts'
import { words } from './words'

export function Unreadable({ document }: { document: Document }) {
  const { id: assistant } = useAssistant()
  const store = useDocuments()
  const input = useId()
  const mayImport = useMay('assistants:import')
  const mayWrite = useMayWrite(document.kind)
  const [error, setError] = useState<string | null>(null)
  const found = document.problems[0]
  const replace = async (file: File) => {
    setError(null)
    try {
      const { zipSync } = await import('fflate')
      const archive = new Blob([zipSync({ [document.name]: new Uint8Array(await file.arrayBuffer()) }).slice()], { type: 'application/zip' })
      await api.importInto(assistant, archive, uuid7())
      const deleted = (await api.itemHistory(assistant, document.id)).items[0]?.deleted ?? false
      await store.others.changed([{ id: document.id, deleted }], (id) => isShown(assistant, id))
      contentChanged(assistant)
      toast(IconReplace, words.unreadable.replaced(document.name))
    } catch (reason) {
      setError(reason instanceof ApiError ? reason.sentence : words.unreadable.failed)
    }
  }
  return (
    <Empty
      icon={IconFileUnknown}
      title={found ? words.unreadable.title : words.unreadable.noText}
      actions={
        mayImport &&
        mayWrite && (
          <span>
            <input id={input} className="file-input" type="file" onChange={(event) => event.target.files?.[0] && void replace(event.target.files[0])} />
            <label className="btn" htmlFor={input}>
              <Icon of={IconReplace} />
              {words.unreadable.replace}
            </label>
          </span>
        )
      }
    >
      {found ? <Message text={found.message} /> : words.unreadable.noTextWhy} {words.unreadable.way}
      {error && (
        <span className="c-err" role="alert">
          {' '}
          {error}
        </span>
      )}
    </Empty>
  )
}
