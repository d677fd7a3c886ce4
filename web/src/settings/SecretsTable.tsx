/** The names that are set or named, each with its state; never a value. */
import { IconAlertTriangle, IconCircleCheck, IconServer, IconTrash } from '@tabler/icons-react'
import type { Secret } from '../api/secrets'
import { Button, IconButton } from '../ui/controls'
import { Icon } from '../ui/Icon'
import { lookOf } from '../ui/kinds'
import { longTime } from '../ui/time'
import type { Editing } from './SecretDialog'
import { words } from './words'

interface Props {
  secrets: readonly Secret[]
  may: boolean
  onEdit: (editing: Editing) => void
  onRemove: (secret: Secret) => void
}

export function SecretsTable({ secrets, may, onEdit, onRemove }: Props) {
  return (
    <table className="table secrets">
      <colgroup>
        <col className="secrets-name" />
        <col />
        <col className="secrets-named" />
        {may && <col className="secrets-more" />}
      </colgroup>
      <thead>
        <tr>
          <th>{words.columns.name}</th>
          <th>{words.columns.state}</th>
          <th>{words.columns.named}</th>
          {may && (
            <th>
              <span className="sr">{words.columns.more}</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {secrets.map((secret) => (
          <tr key={secret.name}>
            <td className="mono small" title={secret.name}>
              {secret.name}
            </td>
            <td>
              <State secret={secret} />
            </td>
            <td className="t2 small">{namedIn(secret) || <span className="t3">{words.nowhere}</span>}</td>
            {may && (
              <td>
                <span className="hs secrets-actions">
                  <Button aria-label={secret.set ? words.replaceOf(secret.name) : words.setOf(secret.name)} onClick={() => onEdit({ name: secret.name, isSet: secret.set })}>
                    {secret.set ? words.replace : words.set}
                  </Button>
                  {secret.set && <IconButton icon={IconTrash} label={words.deleteOf(secret.name)} onClick={() => onRemove(secret)} />}
                </span>
              </td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

export const namedIn = (secret: Secret): string => secret.named_in.map((kind) => lookOf(kind).one.toLowerCase()).join(', ')

function State({ secret }: { secret: Secret }) {
  const [icon, hue, said] = secret.set
    ? ([IconCircleCheck, 'c-ok', words.states.set] as const)
    : secret.given
      ? ([IconServer, 't2', words.states.given] as const)
      : ([IconAlertTriangle, 'c-warn', words.states.missing] as const)
  return (
    <span className="status">
      <span className={hue}>
        <Icon of={icon} size={14} />
      </span>
      <span>{said}</span>
      {secret.changed_at && secret.by && <span className="small t3 ell">{words.setBy(longTime(secret.changed_at), secret.by.name)}</span>}
    </span>
  )
}
