import { queryOptions } from '@tanstack/react-query'
import { bodyOf } from '../client'
import type { ConnectionChange, ConnectionIn } from '../schema'
import { client } from '../studio'
import { keys } from './keys'
import { pagesOf } from './pages'

/** Keys of providers, and what each provider unlocks. */
export const connections = {
  list: () =>
    pagesOf(keys.connections.list, (query, signal) =>
      bodyOf(client.GET('/api/v1/connections', { params: { query }, signal })),
    ),
  connectors: () =>
    queryOptions({
      queryKey: keys.connections.connectors,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/connectors', { signal })),
      select: (connectors) => connectors.items,
      staleTime: Infinity,
    }),

  add: (body: ConnectionIn) => bodyOf(client.POST('/api/v1/connections', { body })),
  change: (connection_id: string, body: ConnectionChange) =>
    bodyOf(
      client.PATCH('/api/v1/connections/{connection_id}', { params: { path: { connection_id } }, body }),
    ),
  rotate: (connection_id: string, key: string) =>
    bodyOf(
      client.POST('/api/v1/connections/{connection_id}/key', {
        params: { path: { connection_id } },
        body: { key },
      }),
    ),
  test: (connection_id: string) =>
    bodyOf(client.POST('/api/v1/connections/{connection_id}/test', { params: { path: { connection_id } } })),
  remove: (connection_id: string) =>
    bodyOf(client.DELETE('/api/v1/connections/{connection_id}', { params: { path: { connection_id } } })),
}
