/** Flows of all shapes, for the tests. */
import type { Chance } from '../../../test/random'

/** Steps of a flow of about `size` steps, branches in branches and connections to anywhere, a step that isn't there among it. */
export function randomFlow({ int, size }: Pick<Chance, 'int'> & { size: number }): unknown[] {
  let made = 0
  const target = (): string => (int(20) === 0 ? 'nowhere' : `s${int(size)}`)
  const list = (depth: number, nested: boolean): unknown[] => {
    const rows: Record<string, unknown>[] = []
    const whole = !nested && depth === 0
    let goesOn = false
    do {
      const step: Record<string, unknown> = { id: `s${made++}`, action: int(2) ? 'utter_a' : 'do' }
      if (depth < 3 && int(3) === 0 && made < size) {
        const branches: unknown[] = Array.from({ length: 1 + int(3) }, () => ({ if: `slots.x > ${int(1000)}`, then: branch(depth) }))
        step['next'] = [...branches, { else: branch(depth) }]
      } else if (int(8) === 0) step['next'] = target()
      rows.push(step)
      goesOn = made < size && (int(4) > 0 || whole)
    } while (goesOn)
    const last = rows.at(-1) as Record<string, unknown>
    if (nested && !Array.isArray(last['next'])) last['next'] = int(2) ? 'END' : target()
    return rows
  }
  const branch = (depth: number): unknown => (made < size && int(3) > 0 ? list(depth + 1, true) : int(3) ? target() : 'END')
  return list(0, false)
}
