/**
 * Light or dark, as the person chose it: kept in the cookie that the sign-in pages read and write too; like the system
 * without one. index.html reads it as well, before the first picture.
 */
import { isMantineColorScheme, type MantineColorScheme, type MantineColorSchemeManager } from '@mantine/core'

const COOKIE = 'talkwright_theme'
const YEAR_SECONDS = 365 * 24 * 3600

function read(): MantineColorScheme | null {
  const value = new RegExp(`(?:^|; )${COOKIE}=([^;]*)`).exec(document.cookie)?.[1]
  return isMantineColorScheme(value) ? value : null
}

function write(value: MantineColorScheme): void {
  const secure = window.location.protocol === 'https:' ? '; Secure' : ''
  const age = value === 'auto' ? 0 : YEAR_SECONDS
  document.cookie = `${COOKIE}=${value}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`
}

export function cookieManager(): MantineColorSchemeManager {
  let look: (() => void) | undefined
  return {
    get: (otherwise) => read() ?? otherwise,
    set: write,
    clear: () => write('auto'),
    // Another page may have chosen meanwhile.
    subscribe: (onUpdate) => {
      look = () => onUpdate(read() ?? 'auto')
      window.addEventListener('focus', look)
    },
    unsubscribe: () => {
      if (look) window.removeEventListener('focus', look)
    },
  }
}
