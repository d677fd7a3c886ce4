/** A version's note, written where it is read. */
import { IconAlertCircle } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { api, ApiError, type Version } from '../api'
import { untilAnswered } from '../api/untilAnswered'
import { queryClient } from '../app/queries'
import { useAssistant, useMay } from '../frame/assistant'
import { toast } from '../ui/toasts'
import { words } from './words'

export function Note({ version }: { version: Version }) {
  const { id } = useAssistant()
  const may = useMay('trainings:write')
  const [typed, setTyped] = useState<string | null>(null)
  const saved = version.description ?? ''
  const save = async () => {
    const text = typed?.trim()
    if (text === undefined || text === saved) {
      setTyped(null)
      return
    }
    try {
      await untilAnswered(() => api.describeVersion(id, version.id, text))
      await queryClient.invalidateQueries({ queryKey: ['versions', id] })
      // What was typed meanwhile stays.
      setTyped((now) => (now?.trim() === text ? null : now))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      toast(IconAlertCircle, error.sentence)
    }
  }
  // Who leaves the page by key, or by Back, has not left the field.
  const leave = useRef(save)
  useEffect(() => {
    leave.current = save
  })
  useEffect(() => () => void leave.current(), [])
  if (!may) return <span className="ell">{saved || version.name}</span>
  return (
    <input
      className="note"
      aria-label={words.note(version.number)}
      placeholder={version.name}
      value={typed ?? saved}
      onChange={(event) => setTyped(event.target.value)}
      onBlur={() => void save()}
      onKeyDown={(event) => {
        if (event.key === 'Enter') event.currentTarget.blur()
        if (event.key === 'Escape') setTyped(null)
      }}
    />
  )
}
