/** Does something once no button of the pointer is held: what is pressed doesn't move away, and has the focus. */
export function afterPress(act: () => void): void {
  if (document.documentElement.matches(':active')) window.addEventListener('pointerup', () => setTimeout(act), { once: true, capture: true })
  else setTimeout(act)
}
