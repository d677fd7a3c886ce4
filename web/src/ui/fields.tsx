/** Form fields with their labels, hints and errors tied to them. */
import { IconSearch } from '@tabler/icons-react'
import { useId, type InputHTMLAttributes, type ReactNode, type Ref } from 'react'
import { Icon } from './Icon'
import { words } from './words'

interface FieldProps {
  label: ReactNode
  hint?: ReactNode
  error?: string | null | undefined
}

export interface TextFieldProps extends FieldProps, Omit<InputHTMLAttributes<HTMLInputElement>, 'children'> {
  mono?: boolean
  ref?: Ref<HTMLInputElement>
  /** So many characters fit. Longer text is never cut: that it is too long is said, and the form isn't sent. */
  longest?: number
}

export function TextField({ label, hint, error: refused, mono = false, className = '', longest, ...rest }: TextFieldProps) {
  const id = useId()
  const length = longest === undefined ? 0 : [...String(rest.value ?? '').trim()].length
  const long = longest !== undefined && length > longest
  const error = long ? words.fields.tooLong(length, longest) : refused
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <input
        autoComplete="off"
        spellCheck={false}
        {...rest}
        id={id}
        className={`input${mono ? ' mono' : ''} ${className}`}
        data-too-long={long || undefined}
        aria-invalid={Boolean(error)}
        aria-describedby={error || hint ? `${id}-note` : undefined}
      />
      <Note id={id} hint={hint} error={error} />
    </div>
  )
}

export function SelectField({
  label,
  hint,
  value,
  options,
  onChange,
}: FieldProps & { value: string; options: readonly { value: string; label: string }[]; onChange: (value: string) => void }) {
  const id = useId()
  return (
    <div className="field">
      <label className="label" htmlFor={id}>
        {label}
      </label>
      <select id={id} className="input" value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
      <Note id={id} hint={hint} error={null} />
    </div>
  )
}

function Note({ id, hint, error }: { id: string; hint?: ReactNode; error?: string | null | undefined }) {
  if (!error && !hint) return null
  return (
    <p id={`${id}-note`} className={error ? 'error' : 'hint'} role={error ? 'alert' : undefined}>
      {error || hint}
    </p>
  )
}

export function SearchInput({ label, value, onChange, width }: { label: string; value: string; onChange: (value: string) => void; width?: number }) {
  return (
    <label className="input s" style={width === undefined ? { flex: 1 } : { width }}>
      <Icon of={IconSearch} />
      <input type="search" aria-label={label} placeholder={label} value={value} onChange={(event) => onChange(event.target.value)} />
    </label>
  )
}
