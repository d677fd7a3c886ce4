// Put into every page of the test of all controls: finds what people can activate, and tells what an activation changed.
(() => {
  const CONTROLS = [
    'a[href]', 'button', 'input', 'select', 'textarea', 'summary', '[contenteditable="true"]', '[role="button"]',
    '[role="tab"]', '[role="menuitem"]', '[role="menuitemradio"]', '[role="option"]', '[role="switch"]', '[role="treeitem"]',
    '[role="combobox"]', '[role="slider"]', '[role="separator"][tabindex]', '[role="row"][tabindex]', '.react-flow__node[tabindex]',
  ].join()
  const LANDMARKS = 'dialog, [role="dialog"], [role="menu"], [role="listbox"], [role="tabpanel"], nav, header, main, aside, form, section, fieldset, .toasts, [role="grid"]'
  const ROWS = 'tr, li, [role="row"], [role="treeitem"], .row-acted, .react-flow__node, .elabel, .prob'
  const FRAME = '.skip, .rail, .topbar, .drawer, .strip'
  const STATES = ['aria-expanded', 'aria-pressed', 'aria-selected', 'aria-checked', 'aria-current', 'aria-valuenow', 'aria-invalid', 'aria-busy', 'aria-sort']
  const TYPED = new Set(['text', 'search', 'email', 'url', 'number', 'password', 'tel'])
  // What comes and goes by itself, or tells what was done before, is no difference between two looks at one page: news from elsewhere is no sign of life.
  const PASSING = '.toasts, [role="status"], [role="log"], .sr, [role="tooltip"]'

  const short = (text) => (text ?? '').replace(/\s+/g, ' ').trim().slice(0, 60)
  const steady = (text) => short(text).replace(/\d+/g, '#')

  function nameOf(element) {
    const by = element.getAttribute('aria-labelledby')
    const labelled = by && by.split(/\s+/).map((id) => document.getElementById(id)?.textContent ?? '').join(' ')
    return steady(element.getAttribute('aria-label') || labelled || element.labels?.[0]?.textContent || element.textContent || element.getAttribute('placeholder') || element.title)
  }

  function roleOf(element) {
    const said = element.getAttribute('role')
    if (said) return said
    const tag = element.tagName.toLowerCase()
    if (tag === 'a') return 'link'
    return tag === 'input' ? `input ${element.type}` : tag
  }

  /** Where somebody points to reach it: a file input is reached by its label. */
  const shownBy = (element) => (element.type === 'file' ? (element.labels?.[0] ?? element) : element)

  function reachable(element) {
    if (element.disabled || element.getAttribute('aria-disabled') === 'true' || element.closest('[inert], [aria-hidden="true"]')) return false
    if (!shownBy(element).checkVisibility({ visibilityProperty: true, opacityProperty: true })) return false
    const { width, height } = shownBy(element).getBoundingClientRect()
    return width > 0 && height > 0
  }

  /** Pressing what is chosen already, or a link to the page that is open, is not meant to do anything. */
  function chosen(element) {
    if (element.closest('[role="radiogroup"], [role="menu"]') && element.getAttribute('aria-checked') === 'true') return true
    if (element.getAttribute('aria-pressed') === 'true' && (element.closest('fieldset.seg') || !element.closest(FRAME))) return true
    if (element.getAttribute('role') === 'tab' && element.getAttribute('aria-selected') === 'true') return true
    if (element.hasAttribute('aria-current') && element.matches('a, [role="menuitem"]')) return true
    return element.tagName === 'A' && element.href === location.href
  }

  /** Texts that this person may only read are marked so; there is nothing to activate. */
  const readOnly = (element) => element.readOnly === true || element.getAttribute('aria-readonly') === 'true'

  function kindOf(element) {
    if (element.type === 'file') return 'file'
    if (element.tagName === 'SELECT') return 'select'
    if (element.tagName === 'TEXTAREA' || element.isContentEditable || (element.tagName === 'INPUT' && TYPED.has(element.type))) return 'text'
    return ['slider', 'separator'].includes(element.getAttribute('role')) ? 'slide' : 'press'
  }

  function collect(within) {
    const dialogs = [...document.querySelectorAll('[role="dialog"][aria-modal="true"]')].filter((each) => each.checkVisibility())
    const inside = dialogs.at(-1) ?? (within ? document.querySelector(within) : document) ?? document
    const seen = new Map()
    const found = []
    for (const element of inside.querySelectorAll(CONTROLS)) {
      if (!reachable(element)) continue
      const place = element.parentElement?.closest(LANDMARKS)
      const where = place ? `${place.tagName.toLowerCase()} ${steady(place.getAttribute('aria-label') ?? '')}`.trim() : ''
      const base = `${roleOf(element)} “${nameOf(element)}”${where ? ` in ${where}` : ''}`
      const count = (seen.get(base) ?? 0) + 1
      seen.set(base, count)
      const row = element.closest(ROWS)
      const alike = row === null ? null : `${where} ${row.className} ${roleOf(element)} ${element === row ? '' : element.className} ${element.querySelector('.tile')?.className ?? ''}`
      found.push({ element, key: count === 1 ? base : `${base} (${count})`, alike, kind: kindOf(element), frame: element.closest(FRAME) !== null && !element.closest('[role="dialog"], [role="menu"]'), skip: chosen(element) || readOnly(element) })
    }
    return found
  }

  const plain = ({ key, alike, kind, frame, skip }) => ({ key, alike, kind, frame, skip })

  function statesOf(element) {
    return STATES.map((name) => element.getAttribute(name)).join() + (element.value ?? '') + (element.checked ?? '')
  }

  /** What a person could notice, but for what passes: text, states, values, what is selected; closely, also numbers and where it is scrolled to. */
  function surface(closely, kept = null) {
    const texts = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_ELEMENT, (node) => {
      if (node.nodeType === Node.TEXT_NODE) return NodeFilter.FILTER_ACCEPT
      if (node === kept || ['SCRIPT', 'STYLE'].includes(node.tagName) || node.getAttribute('role') === 'tooltip') return NodeFilter.FILTER_REJECT
      // A notice is looked at while something in it is pressed.
      return node.matches(PASSING) && !(closely && node.contains(aimed)) ? NodeFilter.FILTER_REJECT : NodeFilter.FILTER_SKIP
    })
    for (let node = walker.nextNode(); node; node = walker.nextNode()) texts.push(closely ? node.data : node.data.replace(/\d+/g, '#'))
    const states = [...document.querySelectorAll(`input, select, textarea, ${STATES.map((name) => `[${name}]`).join()}`)].map(statesOf)
    const looks = [document.documentElement.dataset.mantineColorScheme, ...[...document.querySelectorAll('.selected, .sel')].map((each) => each.textContent)]
    if (kept) return JSON.stringify([location.href, texts, looks, document.cookie, localStorage.getItem('talkwright-layout')])
    if (!closely) return JSON.stringify([location.href, texts, states, looks])
    const moved = [...document.querySelectorAll('.react-flow__viewport, .pane, .inspector, .drawer, .dock')].map((each) => each.getAttribute('style') ?? '')
    const scrolled = [...document.querySelectorAll('.scroll, [role="grid"], main, aside')].map((each) => each.scrollTop)
    return JSON.stringify([location.href, texts, states, looks, moved, scrolled])
  }

  let running = 0
  let requests = 0
  let copies = 0
  const fetched = window.fetch
  window.fetch = async (...args) => {
    running++
    requests++
    try {
      return await fetched(...args)
    } finally {
      running--
    }
  }
  if (navigator.clipboard) {
    navigator.clipboard.writeText = async () => void copies++
  }
  let changedAt = 0
  new MutationObserver(() => (changedAt = performance.now())).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })

  const frame = () => new Promise((done) => requestAnimationFrame(done))
  const QUIET = 30
  /** Until nothing is asked for, loads or moves any more; `most` and `still` are in milliseconds. */
  async function quiet(still = QUIET, most = 5000) {
    const end = performance.now() + most
    for (;;) {
      await frame()
      const busy = running > 0 || document.querySelector('.sk, [aria-busy="true"], .spin') || document.body.textContent.includes('Saving…')
      if ((!busy && performance.now() - changedAt > still) || performance.now() > end) return
    }
  }

  let aimed = null
  let aimedAt = null
  let before = null
  /** The menu that the control is in: that it closes is no sign of life. */
  let menu = null
  const look = () => surface(true, menu)

  function pointOf(element) {
    const target = shownBy(element)
    target.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    const { left, top, width, height } = target.getBoundingClientRect()
    for (const [x, y] of [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.1], [0.5, 0.9], [0.03, 0.9], [0.97, 0.9]]) {
      const at = { x: left + width * x, y: top + height * y }
      const hit = document.elementFromPoint(at.x, at.y)
      if (hit && target.contains(hit) && (hit === target || hit.closest(CONTROLS) === target || !hit.closest(CONTROLS) || element.type === 'file')) return at
    }
    return null
  }

  window.everyControl = {
    quiet,
    surface: () => surface(false),
    collect: (within) => collect(within).map(plain),
    /** Scrolls the control into sight and says where it is, and whether it was elsewhere when it was aimed at last; null where it is not there. */
    aim(key, within) {
      const found = collect(within).find((each) => each.key === key) ?? collect().find((each) => each.key === key)
      if (!found) return null
      const point = pointOf(found.element)
      const strayed = found.element !== aimed || JSON.stringify(point) !== JSON.stringify(aimedAt)
      aimed = found.element
      aimedAt = point
      const { left, top, width, height } = shownBy(aimed).getBoundingClientRect()
      const inSight = left + width / 2 > 0 && top + height / 2 > 0 && left + width / 2 < innerWidth && top + height / 2 < innerHeight
      const turns = aimed.hasAttribute('aria-expanded') || (aimed.hasAttribute('aria-pressed') && !aimed.closest('fieldset.seg')) || aimed.getAttribute('role') === 'switch'
      return { point, covered: point === null && inSight, turns, strayed }
    },
    /** The look of things right before the activation, with the pointer over the control. */
    async ready() {
      await frame()
      menu = ['menuitem', 'menuitemradio', 'option'].includes(aimed.getAttribute('role')) ? aimed.closest('[role="menu"], [role="dialog"]') : null
      before = { surface: look(), requests, copies, focus: document.activeElement }
    },
    focus: () => aimed.focus(),
    slideKeys: () => (aimed.getAttribute('aria-orientation') === 'vertical' ? ['ArrowUp', 'ArrowDown'] : ['ArrowRight', 'ArrowLeft']),
    optionKey: () => (aimed.selectedIndex < aimed.options.length - 1 ? 'ArrowDown' : 'ArrowUp'),
    /** What the activation changed, as soon as it is seen; null where it is nothing for `most` milliseconds. A field that shows what is typed is alive: what that is good for is the business of its page's own tests. */
    async change(most) {
      const end = performance.now() + most
      do {
        // Pointing at a link asks for its page beforehand: that alone leads nowhere.
        if (requests > before.requests && aimed.tagName !== 'A') return 'request'
        if (copies > before.copies) return 'clipboard'
        if (look() !== before.surface) return 'page'
        const focus = document.activeElement
        if (menu === null && focus !== before.focus && focus !== aimed && focus !== document.body) return 'focus'
        await frame()
      } while (performance.now() < end)
      return null
    },
    /** Goes to an address within the client, as a link would. */
    go: (path) => window.__TSR_ROUTER__.history.push(path),
    /** Closes the notices, so that they cover nothing. */
    hush: () => document.querySelectorAll('.toast > .ib').forEach((button) => button.click()),
  }
})()
