/** Times as people say them: today the hour, this week the day, before that the date. */
const clock = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' })
const clockSeconds = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' })
const weekday = new Intl.DateTimeFormat('en-GB', { weekday: 'short' })
const dayMonth = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' })
const whole = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' })

const DAY = 24 * 3600 * 1000

export function shortTime(iso: string | number, now: Date = new Date()): string {
  const at = new Date(iso)
  if (at.toDateString() === now.toDateString()) return clock.format(at)
  const age = now.getTime() - at.getTime()
  if (age < 6 * DAY && age > 0) return weekday.format(at)
  return at.getFullYear() === now.getFullYear() ? dayMonth.format(at) : whole.format(at)
}

/** Day and hour. */
export function longTime(iso: string, now: Date = new Date()): string {
  const at = new Date(iso)
  const day = shortTime(iso, now)
  return day.includes(':') ? day : `${day} ${clock.format(at)}`
}

export function secondsTime(iso: string): string {
  return clockSeconds.format(new Date(iso))
}

/** A length as minutes and seconds, e.g. 1:48. */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}

export function bytes(count: number): string {
  if (count < 1000) return `${count} B`
  const steps = ['kB', 'MB', 'GB']
  let value = count
  let unit = ''
  for (const step of steps) {
    if (value < 1000) break
    value /= 1000
    unit = step
  }
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${unit}`
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? one : many}`
}
