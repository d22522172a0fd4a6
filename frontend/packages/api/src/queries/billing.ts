import { queryOptions } from '@tanstack/react-query'
import { bodyOf } from '../client'
import { client } from '../studio'
import { keys } from './keys'

/** Plans, the workspace's own, and what is used of it. */
export const billing = {
  plans: () =>
    queryOptions({
      queryKey: keys.billing.plans,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/plans', { signal })),
      select: (plans) => plans.items,
      staleTime: 10 * 60_000,
    }),
  subscription: () =>
    queryOptions({
      queryKey: keys.billing.subscription,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/subscription', { signal })),
    }),
  quotas: () =>
    queryOptions({
      queryKey: keys.billing.quotas,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/quotas', { signal })),
    }),
}

export const usage = {
  /** Days as `2026-01-31`, both included, in UTC. */
  range: (from: string, to: string) =>
    queryOptions({
      queryKey: keys.usage.range(from, to),
      queryFn: ({ signal }) =>
        bodyOf(client.GET('/api/v1/usage', { params: { query: { from, to } }, signal })),
    }),
}
