/** What others did to items that are here: what may be looked at is loaded again at once, the rest when it is opened next. */
import type { StoreApi } from 'zustand/vanilla'
import { ApiError } from '../api'
import type { Document } from './document'
import type { ContentServer } from './server'
import { received, type State } from './state'

/** An item that a change touched. */
export interface Changed {
  id: string
  deleted?: boolean
}

type Shown = (id: string) => boolean

export class Others {
  private readonly outdated = new Set<string>()

  constructor(
    private readonly state: StoreApi<State>,
    private readonly refresh: (id: string) => Promise<unknown>,
    private readonly server: ContentServer,
  ) {}

  /** Somebody else wrote these items. Where one is new here, flows may name it, and bring it along. */
  async changed(items: readonly Changed[], shown: Shown = () => true): Promise<void> {
    const { bases } = this.state.getState()
    const deleted = items.flatMap(({ id, deleted: gone }) => (gone && bases[id] !== undefined ? [bases[id]] : []))
    await Promise.allSettled(deleted.map((base) => this.deleted(base)))
    const touched = new Set(items.flatMap(({ id, deleted: gone }) => (gone ? [] : [id])))
    const isNew = items.some(({ id, deleted: gone }) => !gone && bases[id] === undefined)
    await this.renew(Object.values(bases).filter((base) => touched.has(base.id) || (isNew && isWhole(base) && base.kind === 'flow')), shown)
  }

  /** Facts were missed, or too many to list: whatever is open here may differ. */
  async changedAll(shown: Shown = () => true): Promise<void> {
    await this.renew(Object.values(this.state.getState().bases).filter(isWhole), shown)
  }

  /** Whether an item has to be loaded again before it is shown. */
  isOutdated(id: string): boolean {
    return this.outdated.has(id)
  }

  /** Of a flow that came without what it names, only its own page asks for the rest. */
  cameAlone(id: string): void {
    this.outdated.add(id)
  }

  /** The item is being loaded. */
  isRead(id: string): void {
    this.outdated.delete(id)
  }

  private async renew(bases: readonly Document[], shown: Shown): Promise<void> {
    for (const base of bases) if (isWhole(base)) this.outdated.add(base.id)
    const now = bases.filter((base) => !hasOnePage(base) || shown(base.id))
    await Promise.allSettled(now.map((base) => this.refresh(base.id).catch((error: unknown) => this.gone(base, error))))
  }

  /** A deleted item may have a built-in one beneath it. */
  private async deleted(base: Document): Promise<void> {
    if ((await this.server.builtin(base.kind, base.name)) === undefined) this.isGone(base)
    else await this.refresh(base.id)
  }

  private gone(base: Document, error: unknown): void {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
    this.isGone(base)
  }

  private isGone(base: Document): void {
    this.state.setState((state) => received(state, [{ ...base, deleted: true }]), true)
  }
}

/** Shown on every canvas and inspector whose flow names them, whether they were opened themselves or not. */
const NAMED_BY_FLOWS = new Set(['response', 'slot'])

/** Whether nothing but its own page shows an item, which opens it. */
function hasOnePage(base: Document): boolean {
  return isWhole(base) && !NAMED_BY_FLOWS.has(base.kind)
}

/** Whether an item is here itself, and not only as something that a flow names. */
function isWhole(base: Document): boolean {
  return base.parts !== null
}
