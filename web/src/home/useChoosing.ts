/** Choosing a project: dropped on the page, or picked with the file dialog. What is chosen waits for the import page. */
import { useState, type DragEvent } from 'react'
import { create } from 'zustand'
import { ApiError } from '../api'
import { instanceQuery, queryClient } from '../app/queries'
import { chosenArchive, chosenByDrop, chosenFolder, neverOf, type Chosen, type Never } from './archive'
import { words } from './words'

export const useChosen = create<{ chosen: Chosen | null }>(() => ({ chosen: null }))

export function choose(chosen: Chosen | null): void {
  useChosen.setState({ chosen })
}

async function ask(): Promise<Never> {
  return neverOf((await queryClient.fetchQuery(instanceQuery)).left_out)
}

interface Choosing {
  /** Something is being dragged over the place. */
  over: boolean
  error: string | null
  archive: (file: File) => void
  folder: (files: readonly File[]) => void
  /** What makes a place take drops. */
  target: { onDragEnter: (event: DragEvent) => void; onDragOver: (event: DragEvent) => void; onDragLeave: (event: DragEvent) => void; onDrop: (event: DragEvent) => void }
}

export function useChoosing(onChoose: (chosen: Chosen) => void): Choosing {
  const [over, setOver] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const take = async (choosing: Promise<Chosen | 'several' | null>) => {
    setError(null)
    try {
      const chosen = await choosing
      if (chosen === null) setError(words.dropZone.noArchive)
      else if (chosen === 'several') setError(words.dropZone.several)
      else onChoose(chosen)
    } catch (reason) {
      setError(reason instanceof ApiError ? reason.sentence : words.dropZone.unreadable)
    }
  }
  const enter = (event: DragEvent) => {
    if (!event.dataTransfer.types.includes('Files')) return
    event.preventDefault()
    setOver(true)
  }
  return {
    over,
    error,
    archive: (file) => void take(Promise.resolve(chosenArchive(file))),
    folder: (files) => void take(ask().then((never) => chosenFolder(files, never))),
    target: {
      onDragEnter: enter,
      onDragOver: enter,
      onDragLeave: (event) => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) setOver(false)
      },
      onDrop: (event) => {
        event.preventDefault()
        setOver(false)
        void take(chosenByDrop(event.dataTransfer, ask))
      },
    },
  }
}
