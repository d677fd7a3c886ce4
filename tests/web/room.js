/* What does not fit on the page as it stands: called in the page, gives a sentence per fault. */
() => {
  const CONTROLS = 'a[href], button, input:not([type=file]), select, textarea, [role=tab], [role=switch], [role=slider]'
  // Their own surfaces: they pan or scroll in both directions by design.
  const SURFACES = '.react-flow, .cm-editor, .lines, pre'
  const faults = []
  const nameOf = (part) => {
    const text = part.getAttribute('aria-label') ?? part.textContent ?? ''
    return `${part.tagName.toLowerCase()}.${String(part.className).split(' ')[0]} "${text.replaceAll(/\s+/g, ' ').trim().slice(0, 40)}"`
  }
  const seen = (part) => {
    const box = part.getBoundingClientRect()
    return part.checkVisibility({ visibilityProperty: true }) && box.width > 2 && box.height > 2
  }
  // What floats stands over the rest for a while: then only its own parts must fit.
  const dialog = [...document.querySelectorAll('[role=dialog], [role=menu], .list-over')].find(seen)

  const root = document.scrollingElement
  if (root.scrollWidth > innerWidth) faults.push(`the page is ${root.scrollWidth} wide`)
  for (const part of document.querySelectorAll('body *')) {
    if (part.closest(SURFACES) || !seen(part)) continue
    const { overflowX } = getComputedStyle(part)
    if ((overflowX === 'auto' || overflowX === 'scroll') && part.scrollWidth > part.clientWidth + 1)
      faults.push(`${nameOf(part)} scrolls sideways: ${part.scrollWidth} in ${part.clientWidth}`)
  }

  const cut = (part) => {
    const box = part.getBoundingClientRect()
    if (box.left < -1 || box.right > innerWidth + 1) return 'the window'
    for (let around = part.parentElement; around && around !== document.body; around = around.parentElement) {
      const style = getComputedStyle(around)
      if (style.overflowX === 'visible' && style.overflowY === 'visible') continue
      const edge = around.getBoundingClientRect()
      if (box.left < edge.left - 1 || box.right > edge.right + 1) return nameOf(around)
      const scrolls = style.overflowY === 'auto' || style.overflowY === 'scroll'
      if (scrolls) return null
      if (box.top < edge.top - 1 || box.bottom > edge.bottom + 1) return nameOf(around)
    }
    return box.top < -1 || box.bottom > innerHeight + 1 ? 'the window' : null
  }
  for (const part of (dialog ?? document).querySelectorAll(CONTROLS)) {
    if (part.closest('.react-flow') || part.matches('.skip') || !seen(part)) continue
    const by = cut(part)
    if (by) {
      faults.push(`${nameOf(part)} is cut off by ${by}`)
      continue
    }
    part.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    const box = part.getBoundingClientRect()
    if (part.matches('.resizer, .resizer-y')) continue
    // The line that resizes a pane takes its edge, and a row's own menu its end.
    for (const x of [box.left + 5, (box.left + box.right) / 2, box.right - 5]) {
      const top = document.elementFromPoint(x, (box.top + box.bottom) / 2)
      if (top && (part.contains(top) || top.contains(part) || top.closest('.resizer, .row-menu'))) continue
      faults.push(`${nameOf(part)} is covered by ${top ? nameOf(top) : 'nothing'}`)
      break
    }
  }

  // A text that is cut shows it with an ellipsis, and says all of it in a title.
  for (const part of (dialog ?? document).querySelectorAll('body *')) {
    if (part.closest(SURFACES) || !seen(part) || part.matches('input, textarea, .sr, .sr *')) continue
    const style = getComputedStyle(part)
    if (style.overflowX === 'visible' || part.scrollWidth <= part.clientWidth + 1) continue
    if (style.overflowX === 'auto' || style.overflowX === 'scroll') continue
    const written = [...part.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim() !== '')
    if (style.textOverflow === 'ellipsis') {
      part.dispatchEvent(new PointerEvent('pointerover', { bubbles: true }))
      if (!part.closest('[title]')) faults.push(`${nameOf(part)} is cut without a title`)
    } else if (written) faults.push(`${nameOf(part)} is cut without an ellipsis`)
  }
  return [...new Set(faults)]
}
