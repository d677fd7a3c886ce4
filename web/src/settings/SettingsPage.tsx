/** What an assistant needs besides its project: keys and secrets, which are set here and read by nobody. */
import { IconKey, IconPlus } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { Secret } from '../api/secrets'
import { useAssistant, useMay } from '../frame/assistant'
import { Button } from '../ui/controls'
import { Empty, Failure, SkeletonRows } from '../ui/states'
import { EnginePart } from './EnginePart'
import { secretsQuery } from './queries'
import { RemoveDialog } from './RemoveDialog'
import { SecretDialog, type Editing } from './SecretDialog'
import { SecretsTable } from './SecretsTable'
import { words } from './words'
import './settings.css'

export default function SettingsPage() {
  const may = useMay('settings:write')
  const [editing, setEditing] = useState<Editing | null>(null)
  const [removing, setRemoving] = useState<Secret | null>(null)
  return (
    <main className="work settings-work" id="work" aria-label={words.title}>
      <h2 className="title">{words.title}</h2>
      <section className="settings-part" aria-labelledby="secrets-title">
        <div className="hs settings-head">
          <h3 className="h grow" id="secrets-title">
            {words.secrets}
          </h3>
          {may && (
            <Button icon={IconPlus} onClick={() => setEditing({ name: null, isSet: false })}>
              {words.add}
            </Button>
          )}
        </div>
        <p className="small t2 settings-why">{words.why}</p>
        <Secrets may={may} onEdit={setEditing} onRemove={setRemoving} />
        {!may && <p className="micro t3">{words.readOnly}</p>}
      </section>
      <EnginePart may={may} />
      <SecretDialog editing={editing} onClose={() => setEditing(null)} />
      <RemoveDialog secret={removing} onClose={() => setRemoving(null)} />
    </main>
  )
}

function Secrets({ may, onEdit, onRemove }: { may: boolean; onEdit: (editing: Editing) => void; onRemove: (secret: Secret) => void }) {
  const { id } = useAssistant()
  const { data, error, refetch } = useQuery(secretsQuery(id))
  if (error && !data) return <Failure what={words.unreadable} error={error} again={() => void refetch()} />
  return (
    <div className="card settings-card">
      {!data ? (
        <SkeletonRows rows={3} widths={[180, 220, 100]} height={48} />
      ) : data.length === 0 ? (
        <Empty icon={IconKey} title={words.none}>
          {words.noneWhy}
        </Empty>
      ) : (
        <SecretsTable secrets={data} may={may} onEdit={onEdit} onRemove={onRemove} />
      )}
    </div>
  )
}
