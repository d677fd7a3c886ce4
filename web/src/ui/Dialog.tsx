/** Dialogs. While a form in one sends, nothing closes it and nothing opens over it: its refusal would be heard by nobody, and its success would close whatever is open by then. */
import { Modal } from '@mantine/core'
import { createContext, useContext, useEffect, useState, type ReactNode } from 'react'
import { Button, type ButtonProps } from './controls'
import { words } from './words'

const Sends = createContext(false)
const Tell = createContext<(sends: boolean) => void>(() => {})

const stay = () => {}

let sending = 0

/** Whether a form in a dialog sends right now. */
export function aDialogSends(): boolean {
  return sending > 0
}

interface Props {
  title: string
  opened: boolean
  onClose: () => void
  children: ReactNode
  size?: number
}

/** A dialog with a title; Escape and the backdrop close it, focus returns to where it was. */
export function Dialog({ title, opened, onClose, children, size = 440 }: Props) {
  const [sends, setSends] = useState(false)
  useEffect(() => {
    if (!sends) return undefined
    sending++
    return () => void sending--
  }, [sends])
  return (
    <Modal.Root opened={opened} onClose={sends ? stay : onClose} size={size} centered transitionProps={{ duration: 100 }}>
      {/* A click beside the dialog closes it, or does nothing while its form sends: the focus stays. */}
      <Modal.Overlay onMouseDown={(event) => event.preventDefault()} />
      <Modal.Content aria-label={title} aria-labelledby={undefined}>
        <div className="dialog-head">
          <h2>{title}</h2>
          <Modal.CloseButton aria-label={words.dialog.close} aria-disabled={sends} />
        </div>
        <Modal.Body>
          <Tell value={setSends}>
            <Sends value={sends}>{children}</Sends>
          </Tell>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  )
}

/** Tells the dialog around a form, where there is one, whether the form sends. */
export function useSends(sends: boolean): void {
  const tell = useContext(Tell)
  useEffect(() => {
    if (!sends) return undefined
    tell(true)
    return () => tell(false)
  }, [sends, tell])
}

/** The button that leaves a dialog. While its form sends it does nothing, and keeps the focus. */
export function Leave({ onClick, ...rest }: ButtonProps) {
  const sends = useContext(Sends)
  return <Button tall {...rest} aria-disabled={sends} onClick={sends ? undefined : onClick} />
}
