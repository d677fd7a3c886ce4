import { IconArrowBackUp, IconArrowForwardUp } from '@tabler/icons-react'
import { useDocuments, useHistoryState } from '../documents'
import { IconButton } from '../ui/controls'
import { modifier, shift } from './keys'
import { redoWith, undoWith } from './undo'
import { words } from './words'

/** Undo and redo of this assistant's edits; each is there when there is something to take back. */
export function UndoButtons() {
  const store = useDocuments()
  const { undo, redo } = useHistoryState()
  return (
    <>
      {undo && <IconButton icon={IconArrowBackUp} label={words.undoButtons.undo} keys={`${modifier}Z`} onClick={() => undoWith(store)} />}
      {redo && <IconButton icon={IconArrowForwardUp} label={words.undoButtons.redo} keys={`${shift}${modifier}Z`} onClick={() => redoWith(store)} />}
    </>
  )
}
