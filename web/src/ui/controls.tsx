/** Buttons, marks and other small controls in the product's look. */
import { Tooltip } from '@mantine/core'
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { Icon, type IconOf } from './Icon'
import { lookOf } from './kinds'

type Look = 'primary' | 'ghost' | 'quiet' | 'danger' | 'solid-danger'

export interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: IconOf
  look?: Look | undefined
  /** The height of form controls, 32 instead of 28. */
  tall?: boolean
  /** Why it stands here; one that comes to have a reason is given null before, so that it stays the same button. */
  why?: string | null | undefined
  ref?: Ref<HTMLButtonElement>
}

export function Button({ icon, look, tall = false, why, className = '', children, type = 'button', ...rest }: ButtonProps) {
  const classes = ['btn', look ?? '', tall ? 'form' : '', className].filter(Boolean).join(' ')
  const button = (
    <button {...rest} type={type} className={classes}>
      {icon && <Icon of={icon} />}
      {children}
    </button>
  )
  return why === undefined ? button : <Tip label={why}>{button}</Tip>
}

export interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconOf
  /** Says what it does: the tooltip and the accessible name. */
  label: string
  keys?: string | undefined
  small?: boolean
  on?: boolean
  ref?: Ref<HTMLButtonElement>
}

export function IconButton({ icon, label, keys, small = false, on = false, className = '', ...rest }: IconButtonProps) {
  return (
    <Tip label={label} keys={keys}>
      <button type="button" aria-label={label} {...rest} className={`ib${small ? ' s' : ''}${on ? ' on' : ''} ${className}`}>
        <Icon of={icon} size={small ? 14 : 16} />
      </button>
    </Tip>
  )
}

/** Says more of a control or a link to whoever points at it, or goes there by key; nothing where there is no more. */
export function Tip({ label, keys, children, position = 'bottom' }: { label: string | null; keys?: string | undefined; children: ReactNode; position?: 'bottom' | 'right' | 'top' }) {
  const text = (
    <>
      {label}
      {keys && <Kbd>{keys}</Kbd>}
    </>
  )
  return (
    <Tooltip label={text} disabled={!label} openDelay={400} position={position} transitionProps={{ duration: 0 }} events={{ hover: true, focus: true, touch: false }}>
      {children}
    </Tooltip>
  )
}

/** What stands here in short, and why it is so: under the mouse, where somebody goes by key, and read out to everybody else. */
export function Why({ why, className, children }: { why: string | null | undefined; className?: string; children: ReactNode }) {
  if (!why) return <span className={className}>{children}</span>
  return (
    <Tip label={why}>
      {/* The tooltip must not be its description too: it is read out already. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a stop, so that the reason is seen without a mouse */}
      <span className={className} tabIndex={0} aria-describedby={undefined}>
        {children}
        <span className="sr">{why}</span>
      </span>
    </Tip>
  )
}

export function Kbd({ children }: { children: ReactNode }) {
  return <kbd className="kbd">{children}</kbd>
}

export function KindTile({ kind, name, large = false }: { kind: string | null; name?: string | null; large?: boolean }) {
  const look = lookOf(kind, name)
  return (
    <span className={`tile ${look.hue}${large ? ' tile-28' : ''}`}>
      <Icon of={look.icon} size={large ? 16 : 14} />
    </span>
  )
}

export function Segmented<T extends string>({
  value,
  options,
  onChange,
  label,
  full = false,
}: {
  value: T
  options: readonly { value: T; label: ReactNode }[]
  onChange: (value: T) => void
  label: string
  full?: boolean
}) {
  return (
    <fieldset className={`seg${full ? ' full' : ''}`} aria-label={label}>
      {options.map((option) => (
        <button key={option.value} type="button" aria-pressed={option.value === value} onClick={() => onChange(option.value)}>
          {option.label}
        </button>
      ))}
    </fieldset>
  )
}

export function Switch({ checked, onChange, label }: { checked: boolean; onChange: (checked: boolean) => void; label: string }) {
  return <button type="button" role="switch" aria-checked={checked} aria-label={label} className="switch" onClick={() => onChange(!checked)} />
}

export function Check({ checked, onChange, label }: { checked: boolean; onChange: (checked: boolean) => void; label: string }) {
  return (
    <label className="hs small t2 check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  )
}

export function LanguageTags({ languages }: { languages: readonly string[] }) {
  return (
    <span className="tags">
      {languages.map((language) => (
        <span key={language} className="tag line">
          {language.toUpperCase()}
        </span>
      ))}
    </span>
  )
}

const HUES = ['a', 'b', 'c', 'd']

/** A person's initials in a colour that stays theirs. */
export function Avatar({ name, small = false }: { name: string; small?: boolean }) {
  const words = name.trim().split(/[\s._@-]+/).filter(Boolean)
  const initials = ((words[0]?.[0] ?? '?') + (words[1]?.[0] ?? words[0]?.[1] ?? '')).toUpperCase()
  const sum = [...name].reduce((total, letter) => total + (letter.codePointAt(0) ?? 0), 0)
  return (
    <span className={`av ${HUES[sum % HUES.length]}${small ? ' s' : ''}`} title={name}>
      <span aria-hidden>{initials}</span>
      <span className="sr">{name}</span>
    </span>
  )
}
