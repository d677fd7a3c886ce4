/** Gives the focus to what the next picture shows. */
import { focusOn } from './keeper'

export function focusSoon(find: string | (() => HTMLElement | null)): void {
  requestAnimationFrame(() => focusOn(typeof find === 'string' ? document.getElementById(find) : find()))
}
