/** A text that is cut says all of itself in its tooltip, wherever the cut comes from: the pane, the window or a long name. */

/** Marks the titles that stand here for as long as the text is cut. */
const OURS = 'cut'

function isCut(element: HTMLElement): boolean {
  const { scrollWidth, clientWidth, scrollHeight, clientHeight } = element
  if (scrollWidth <= clientWidth && scrollHeight <= clientHeight) return false
  const { textOverflow, webkitLineClamp: lines } = getComputedStyle(element)
  return (scrollWidth > clientWidth && textOverflow === 'ellipsis') || (scrollHeight > clientHeight && Number(lines) > 0)
}

function name({ target }: Event): void {
  for (let element = target as HTMLElement | null; element instanceof HTMLElement && element !== document.body; element = element.parentElement) {
    const ours = OURS in element.dataset
    if (element.title !== '' && !ours) return
    if (element.textContent !== '' && isCut(element)) {
      element.title = element.textContent.replaceAll(/\s+/g, ' ').trim()
      element.dataset[OURS] = ''
      return
    }
    if (ours) {
      element.removeAttribute('title')
      delete element.dataset[OURS]
    }
  }
}

/** Watches over the page until the answer is called. */
export function nameCutTexts(): () => void {
  document.addEventListener('pointerover', name)
  document.addEventListener('focusin', name)
  return () => {
    document.removeEventListener('pointerover', name)
    document.removeEventListener('focusin', name)
  }
}
