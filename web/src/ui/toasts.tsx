/** Short notices at the foot of the page, with an undo where the thing can be undone. Ten seconds, then they go. */
import { IconX, type Icon as TablerIcon } from '@tabler/icons-react'
import { useEffect, type ReactNode } from 'react'
import { create } from 'zustand'
import { Button, IconButton } from './controls'
import { Icon } from './Icon'
import { words } from './words'

interface Toast {
  id: number
  icon: TablerIcon
  text: ReactNode
  action?: { label: string; run: () => void } | undefined
}

const LASTS = 10_000
let last = 0

export const useToasts = create<{ toasts: readonly Toast[] }>(() => ({ toasts: [] }))

/** Says it; the same said again takes the place of the one that still stands. */
export function toast(icon: TablerIcon, text: ReactNode, action?: Toast['action']): void {
  const id = ++last
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.filter((entry) => entry.text !== text).slice(-2), { id, icon, text, action }] }))
}

export function dismiss(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((entry) => entry.id !== id) }))
}

export function Toasts() {
  const toasts = useToasts((state) => state.toasts)
  return (
    <div className="toasts" role="status" aria-live="polite">
      {toasts.map((entry) => (
        <ToastView key={entry.id} toast={entry} />
      ))}
    </div>
  )
}

function ToastView({ toast: { id, icon, text, action } }: { toast: Toast }) {
  useEffect(() => {
    const timer = setTimeout(() => dismiss(id), LASTS)
    return () => clearTimeout(timer)
  }, [id])
  return (
    <div className="toast">
      <Icon of={icon} />
      <span className="ell">{text}</span>
      {action && (
        <Button
          look="ghost"
          className="link"
          onClick={() => {
            action.run()
            dismiss(id)
          }}
        >
          {action.label}
        </Button>
      )}
      <IconButton icon={IconX} label={words.toasts.dismiss} small onClick={() => dismiss(id)} />
      <span className="left" />
    </div>
  )
}
