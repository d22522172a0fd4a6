import type { Quota, Quotas } from '@keyreel/api'

/** What is left of one quota, reserved runs counted as taken; null where the plan sets no limit. */
export function leftOf(quotas: Quotas, name: Quota['quota']): number | null {
  const quota = quotas.items.find((item) => item.quota === name)
  if (quota === undefined || quota.limit === null) return null
  return Math.max(0, quota.limit - quota.used - quota.reserved)
}
