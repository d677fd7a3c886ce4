/** Which engine trains and runs the assistant. The studio's own is no choice where there is no other. */
import { IconEngine } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { ApiError } from '../api'
import { chooseEngine } from '../api/engines'
import { assistantChanged } from '../app/queries'
import { useAssistant } from '../frame/assistant'
import { SelectField } from '../ui/fields'
import { toast } from '../ui/toasts'
import { enginesQuery } from './queries'
import { words } from './words'

const say = words.engines

export function EnginePart({ may }: { may: boolean }) {
  const { id, engine } = useAssistant()
  const { data: offered = [] } = useQuery(enginesQuery)
  const [refused, setRefused] = useState<string | null>(null)
  const isOffered = offered.length === 0 || offered.includes(engine)
  if (offered.length < 2 && isOffered) return null
  const choose = async (wanted: string) => {
    setRefused(null)
    try {
      await chooseEngine(id, wanted)
      assistantChanged(id)
      toast(IconEngine, say.chosen(say.name(wanted)))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      setRefused(error.sentence)
    }
  }
  const options = (isOffered ? offered : [...offered, engine]).map((value) => ({ value, label: say.name(value) }))
  return (
    <section className="settings-part" aria-labelledby="engine-title">
      <h3 className="h settings-engine-head" id="engine-title">
        {say.title}
      </h3>
      <p className="small t2 settings-why">{say.why}</p>
      {may ? (
        <div className="settings-engine">
          <SelectField label={say.label} value={engine} options={options} onChange={(wanted) => void choose(wanted)} />
        </div>
      ) : (
        <p>{say.name(engine)}</p>
      )}
      {!isOffered && <p className="error">{say.gone(say.name(engine))}</p>}
      {refused !== null && (
        <p className="error" role="alert">
          {refused}
        </p>
      )}
      {engine !== 'talkwright' && <p className="micro t3">{say.other}</p>}
    </section>
  )
}
