/** Which lanes and channels each connection needs: decided on the structure, before anything has a size. */
import type { Exit, Region, Row } from './types'

/** Where a region hangs: under which branch of which row of which region. */
interface Place {
  region: Region
  row: Row
  branch: number
}

/** One "connect to": the exit it starts from and the step it leads to. */
export interface Jump {
  /** The row whose exit, or whose empty branch, jumps. */
  from: Row
  branch: number | null
  to: string
  /** Regions from the exit's outwards to the one that both ends share. */
  up: Region[]
  /** Regions from the shared one's child inwards to the target's. */
  down: Region[]
}

export interface Routes {
  jumps: Jump[]
  /** Region → targets that have a lane at its left, outermost last. */
  lanes: Map<Region, string[]>
  /** Row with branches → targets that pass above its columns. */
  above: Map<Row, string[]>
  /** Row with branches → targets that pass below its columns. */
  below: Map<Row, string[]>
  /** Region → targets that stand in it, so that a labelled last leg ends there. */
  targets: Map<Region, string[]>
  placeOf: Map<Region, Place>
}

export function planRoutes(root: Region): Routes {
  const placeOf = new Map<Region, Place>()
  const regionOf = new Map<string, Region>()
  const exits: { from: Row; branch: number | null; exit: Exit; region: Region }[] = []
  visit(root, placeOf, regionOf, exits)
  const routes: Routes = { jumps: [], lanes: new Map(), above: new Map(), below: new Map(), targets: new Map(), placeOf }
  for (const { from, branch, exit, region } of exits) {
    if (exit.kind !== 'jump') continue
    const home = regionOf.get(exit.to)
    if (home === undefined) continue
    record(routes, jumpBetween(from, branch, exit.to, region, home, placeOf))
  }
  return routes
}

function visit(region: Region, placeOf: Map<Region, Place>, regionOf: Map<string, Region>, exits: { from: Row; branch: number | null; exit: Exit; region: Region }[]): void {
  for (const row of region.rows) {
    regionOf.set(row.key, region)
    if (row.branches.length === 0) exits.push({ from: row, branch: null, exit: row.exit, region })
    row.branches.forEach((branch, index) => {
      if (branch.region === null) {
        exits.push({ from: row, branch: index, exit: branch.exit, region })
        return
      }
      placeOf.set(branch.region, { region, row, branch: index })
      visit(branch.region, placeOf, regionOf, exits)
    })
  }
}

function outwards(region: Region, placeOf: Map<Region, Place>): Region[] {
  const chain = [region]
  for (let place = placeOf.get(region); place !== undefined; place = placeOf.get(place.region)) chain.push(place.region)
  return chain
}

function jumpBetween(from: Row, branch: number | null, to: string, start: Region, home: Region, placeOf: Map<Region, Place>): Jump {
  const inner = outwards(start, placeOf)
  const outer = outwards(home, placeOf)
  const shared = inner.findIndex((region) => outer.includes(region))
  const common = inner[shared] as Region
  const up = inner.slice(0, shared + 1)
  // Left of a block's first column nothing stands: the line goes straight to the next lane outwards.
  if (branch === null) while (up.length > 1 && placeOf.get(up[0] as Region)?.branch === 0) up.shift()
  return { from, branch, to, up, down: outer.slice(0, outer.indexOf(common)).toReversed() }
}

function add<K>(map: Map<K, string[]>, key: K, target: string): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [target])
  else if (!list.includes(target)) list.push(target)
}

function record(routes: Routes, jump: Jump): void {
  routes.jumps.push(jump)
  if (jump.branch !== null) add(routes.below, jump.from, jump.to)
  jump.up.forEach((region, index) => {
    add(routes.lanes, region, jump.to)
    if (index + 1 < jump.up.length) add(routes.below, (routes.placeOf.get(region) as Place).row, jump.to)
  })
  for (const region of jump.down) {
    add(routes.above, (routes.placeOf.get(region) as Place).row, jump.to)
    add(routes.lanes, region, jump.to)
  }
  add(routes.targets, (jump.down.at(-1) ?? jump.up.at(-1)) as Region, jump.to)
}
