/** Focus is never lost: when what has it goes away, its neighbour, what led there or the page's content takes over. */

const FOCUSABLE = 'a[href], button, input, select, textarea, [tabindex="0"], [contenteditable="true"]'
const PLACES = '[role="dialog"], [role="menu"], [role="listbox"], .dock, .drawer, nav, aside, section, header, footer, main, form'
/** Places that come and go as a whole: what led there is where a person goes on. */
const PASSING = '[role="dialog"], [role="menu"], [role="listbox"], .dock, .drawer, .pane.over'
/** Parts that hold a control for a while, as a row or a step does whose text is edited in it. */
const HOLDERS = '[role="row"][tabindex], .react-flow__node[tabindex]'
/** Where somebody writes: what comes to its neighbour in the middle of a word would be pressed by the next blank, or written into. */
const WRITTEN = 'input:not([type="checkbox"], [type="radio"], [type="file"]), textarea, [contenteditable="true"]'
const REMEMBERED = 20

interface Visit {
  element: HTMLElement
  holder: HTMLElement | null
  place: HTMLElement | null
  passing: HTMLElement | null
  /** The controls of the place, in their order, with this one among them. */
  neighbours: readonly HTMLElement[]
}

function visitOf(element: HTMLElement): Visit {
  const place = element.closest<HTMLElement>(PLACES)
  return {
    element,
    holder: element.parentElement?.closest<HTMLElement>(HOLDERS) ?? null,
    place,
    passing: element.closest<HTMLElement>(PASSING),
    neighbours: [...(place ?? document).querySelectorAll<HTMLElement>(FOCUSABLE)],
  }
}

/** Whether something is there, seen and able to take the focus. */
function usable(element: HTMLElement | null): element is HTMLElement {
  if (element === null || !element.isConnected || element.matches(':disabled')) return false
  return element.checkVisibility?.({ visibilityProperty: true }) ?? true
}

/** The next control that is still there, else the one before. */
function neighbour({ element, neighbours, place }: Visit): HTMLElement | null {
  if (!usable(place)) return null
  const at = neighbours.indexOf(element)
  const there = (candidate: HTMLElement) => candidate !== element && usable(candidate) && place.contains(candidate)
  return neighbours.slice(at + 1).find(there) ?? neighbours.slice(0, Math.max(0, at)).findLast(there) ?? null
}

/** Gives the focus to something that does not take it by itself. */
export function focusOn(element: HTMLElement | null): boolean {
  if (!usable(element)) return false
  if (!element.matches(FOCUSABLE) && !element.hasAttribute('tabindex')) element.tabIndex = -1
  element.focus({ preventScroll: element.id === 'work' })
  return document.activeElement === element
}

/** The page's content. */
export function focusOnWork(): boolean {
  return focusOn(document.getElementById('work'))
}

/** Watches over the page until the answer is called. */
export function keepFocus(): () => void {
  let visits: Visit[] = []
  let due = false
  const last = () => visits.at(-1)

  const came = ({ target }: FocusEvent) => {
    if (!(target instanceof HTMLElement) || target === document.body) return
    visits = [...visits.filter(({ element }) => element !== target && element.isConnected).slice(1 - REMEMBERED), visitOf(target)]
  }
  // Whoever clicks beside everything wants no focus: nothing is lost then.
  const left = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget !== null || !document.hasFocus()) return
    queueMicrotask(() => {
      if (document.activeElement === document.body && usable(last()?.element ?? null)) visits = []
    })
  }
  const recover = (lost: Visit) => {
    if (focusOn(lost.holder)) return
    if (!lost.element.matches(WRITTEN) && focusOn(neighbour(lost))) return
    if (lost.passing !== null && !usable(lost.passing)) {
      const earlier = visits.findLast(({ element }) => element !== lost.element && usable(element) && !lost.passing?.contains(element))
      if (earlier && focusOn(earlier.element)) return
    }
    if (lost.place?.tagName !== 'MAIN' && focusOn(lost.place)) return
    focusOnWork()
  }
  const check = () => {
    const lost = last()
    if (lost === undefined || usable(lost.element)) return
    const active = document.activeElement
    if (active === null || active === document.body || active === lost.element) recover(lost)
  }
  const onChange = () => {
    const element = last()?.element
    if (element && !element.isConnected) check()
    if (due) return
    // What is only hidden is looked for once per picture: it takes the styles.
    due = true
    requestAnimationFrame(() => {
      due = false
      check()
    })
  }
  const observer = new MutationObserver(onChange)
  observer.observe(document.body, { childList: true, subtree: true, attributeFilter: ['disabled', 'hidden', 'inert'] })
  document.addEventListener('focusin', came)
  document.addEventListener('focusout', left)
  window.addEventListener('resize', onChange)
  return () => {
    observer.disconnect()
    document.removeEventListener('focusin', came)
    document.removeEventListener('focusout', left)
    window.removeEventListener('resize', onChange)
  }
}
