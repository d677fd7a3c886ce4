/** Keeps the focus, moves it to a page that was opened by keyboard, names the page, and tells what happened. */
import { useLocation, useMatches, useParams, useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { words as frameWords } from '../frame/words'
import { useOpenAssistant } from '../frame/useOpenAssistant'
import { nameCutTexts } from '../ui/cutTitles'
import { lookOf } from '../ui/kinds'
import { focusOnWork, keepFocus } from './keeper'
import { useTold } from './told'

export function Focus() {
  const { text, count } = useTold()
  useEffect(keepFocus, [])
  useEffect(nameCutTexts, [])
  useArrival()
  usePageTitle()
  return (
    <div role="status" className="sr told">
      {/* The same sentence twice is told twice. */}
      <span key={count}>{text}</span>
    </div>
  )
}

/** Where typing or another talk goes on, a page that opens beside it takes no focus. */
const STAYS = 'input, textarea, select, [contenteditable], [role="dialog"], .dock, .drawer'

/** A page opened with a key is where the person is next; one opened with the pointer leaves the focus where it was. */
function useArrival(): void {
  const router = useRouter()
  useEffect(() => {
    let byKey = false
    const onKey = () => (byKey = true)
    const onPointer = () => (byKey = false)
    window.addEventListener('keydown', onKey, true)
    window.addEventListener('pointerdown', onPointer, true)
    const stop = router.subscribe('onResolved', ({ pathChanged, fromLocation, toLocation }) => {
      if (!pathChanged || fromLocation === undefined || !byKey) return
      // The same page, of an item that has another name now.
      if (toLocation.state.follows === fromLocation.pathname) return
      requestAnimationFrame(() => {
        if (!document.activeElement?.closest(STAYS)) focusOnWork()
      })
    })
    return () => {
      window.removeEventListener('keydown', onKey, true)
      window.removeEventListener('pointerdown', onPointer, true)
      stop()
    }
  }, [router])
}

/** "transfer_money · Harbour Bank · Talkwright": what is open comes first. */
function usePageTitle(): void {
  const { flow, name, kind } = useParams({ strict: false })
  const section = useLocation({ select: ({ pathname }) => pathname.split('/')[pathname.startsWith('/a/') ? 3 : 1] ?? '' })
  const assistant = useOpenAssistant()
  const read = useMatches({ select: (matches) => matches.at(-1)?.loaderData?.title })
  const titles: Readonly<Record<string, string>> = frameWords.titles
  const place = kind === undefined ? titles[section === '' ? 'assistants' : section] : lookOf(kind).many
  const parts = [flow ?? name ?? read ?? place, assistant?.title, frameWords.titles.product]
  const title = parts.filter(Boolean).join(' · ')
  useEffect(() => {
    document.title = title
  }, [title])
}
