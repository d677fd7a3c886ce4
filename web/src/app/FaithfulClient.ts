import { QueryClient, type InvalidateOptions, type InvalidateQueryFilters, type QueryKey } from '@tanstack/react-query'

/**
 * Loses no news: what is being read for the first time when it is found stale is read once more after that. By itself
 * the library takes the answer that is on its way for a fresh one, and the page stays as it was before the news.
 */
export class FaithfulClient extends QueryClient {
  override async invalidateQueries<Key extends QueryKey = QueryKey>(filters?: InvalidateQueryFilters<Key>, options?: InvalidateOptions): Promise<void> {
    const reading = this.getQueryCache().findAll(filters).filter(({ state }) => state.data === undefined && state.fetchStatus !== 'idle')
    await super.invalidateQueries(filters, options)
    await Promise.all(reading.map(({ queryKey }) => super.invalidateQueries({ queryKey, exact: true }, options)))
  }
}
