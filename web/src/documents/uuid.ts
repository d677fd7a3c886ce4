let last = 0
let counter = 0

/** UUIDv7 (RFC 9562): ids that clients make; those of one page sort in the order in which they were made. */
export function uuid7(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  if (now > last) {
    last = now
    counter = bytes[7] ?? 0
  } else if (++counter > 0x0fff) {
    last++
    counter = 0
  }
  for (let i = 0; i < 6; i++) bytes[i] = Math.floor(last / 2 ** (8 * (5 - i))) % 256
  bytes[6] = (counter >> 8) | 0x70
  bytes[7] = counter & 0xff
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}
