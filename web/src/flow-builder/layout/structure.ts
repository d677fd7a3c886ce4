/** Reads a flow's body into regions: lists of steps under one another, with branches side by side. */
import type { Branch, Exit, Region, Row, StepKind } from './types'

type Json = unknown
type JsonMap = Record<string, Json>

/** JSON pointer of a step in the flow's body → the key that addresses it. */
export type StepKeys = Readonly<Record<string, string>>

/** Steps in the order in which the file holds them, with their pointers. */
export interface FlowStructure {
  root: Region
  rows: Map<string, Row>
}

const asMap = (value: Json): JsonMap => (value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as JsonMap) : {})
const asList = (value: Json): Json[] => (Array.isArray(value) ? value : [])

export function stepKind(step: JsonMap): StepKind {
  if ('collect' in step) return 'collect'
  if ('set_slots' in step) return 'set'
  if ('link' in step) return 'link'
  if ('call' in step) return 'call'
  if ('noop' in step) return 'logic'
  if ('action' in step) return String(step['action']).startsWith('utter_') ? 'message' : 'action'
  return 'unknown'
}

/** Builds the regions of a flow; targets that name no step are ends that say so. */
export function readStructure(body: Json, keys: StepKeys): FlowStructure {
  const byId = new Map<string, string>()
  const rows = new Map<string, Row>()
  collectIds(asList(asMap(body)['steps']), '/steps', keys, byId)
  const root = readRegion(asList(asMap(body)['steps']), '/steps', keys, byId, rows, null)
  return { root, rows }
}

function collectIds(steps: Json[], pointer: string, keys: StepKeys, byId: Map<string, string>): void {
  steps.forEach((value, index) => {
    const step = asMap(value)
    const at = `${pointer}/${index}`
    const key = keys[at] ?? at
    byId.set(key, key)
    if (typeof step['id'] === 'string') byId.set(step['id'], key)
    asList(step['next']).forEach((item, branch) => {
      const arm = 'then' in asMap(item) ? 'then' : 'else'
      collectIds(asList(asMap(item)[arm]), `${at}/next/${branch}/${arm}`, keys, byId)
    })
  })
}

function readRegion(steps: Json[], pointer: string, keys: StepKeys, byId: Map<string, string>, rows: Map<string, Row>, after: string | null): Region {
  const keyAt = (index: number) => keys[`${pointer}/${index}`] ?? `${pointer}/${index}`
  const found = steps.map((value, index): Row => {
    const step = asMap(value)
    const at = `${pointer}/${index}`
    const following = index + 1 < steps.length ? keyAt(index + 1) : null
    const kind = stepKind(step)
    const row: Row = {
      key: keyAt(index),
      pointer: at,
      kind,
      branches: readBranches(step['next'], at, keys, byId, rows, following ?? after),
      exit: kind === 'link' ? { kind: 'leave' } : readExit(step['next'], byId, following, after),
    }
    rows.set(row.key, row)
    return row
  })
  return { rows: found }
}

function readBranches(next: Json, at: string, keys: StepKeys, byId: Map<string, string>, rows: Map<string, Row>, after: string | null): Branch[] {
  return asList(next).map((value, index): Branch => {
    const item = asMap(value)
    const arm = 'then' in item ? 'then' : 'else'
    const target = item[arm]
    const region = Array.isArray(target) && target.length > 0 ? readRegion(target, `${at}/next/${index}/${arm}`, keys, byId, rows, after) : null
    return {
      condition: 'if' in item ? String(item['if']) : null,
      region,
      exit: region ? { kind: 'leave' } : readTarget(target, byId, null, after),
    }
  })
}

function readExit(next: Json, byId: Map<string, string>, following: string | null, after: string | null): Exit {
  if (Array.isArray(next)) return { kind: 'leave' }
  if (next === undefined || next === null) return { kind: following ? 'next' : 'end' }
  return readTarget(next, byId, following, following === null ? after : null)
}

function readTarget(target: Json, byId: Map<string, string>, following: string | null, after: string | null): Exit {
  const to = typeof target === 'string' ? byId.get(target) : undefined
  if (to === undefined) return typeof target === 'string' && target !== 'END' ? { kind: 'end', missing: target } : { kind: 'end' }
  if (to === following) return { kind: 'next' }
  return { kind: to === after ? 'merge' : 'jump', to }
}
