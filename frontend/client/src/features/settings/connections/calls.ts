import type { Connection, ConnectorUse } from '@keyreel/api'

/** First and last of the last `count` days, in UTC as the usage counts them. */
export function lastDays(count: number, now = new Date()): [from: string, to: string] {
  const first = new Date(now)
  first.setUTCDate(first.getUTCDate() - (count - 1))
  return [first.toISOString().slice(0, 10), now.toISOString().slice(0, 10)]
}

export interface Calls {
  made: number
  failed: number
  /** Several keys of the service are here: usage counts by service, so these are the calls of all of them. */
  shared: boolean
}

/** What a key was used for; undefined while it is not known. */
export function callsOf(
  { connector }: Pick<Connection, 'connector'>,
  all: readonly Pick<Connection, 'connector'>[],
  uses: readonly ConnectorUse[] | undefined,
): Calls | undefined {
  if (uses === undefined) return undefined
  const own = uses.filter((use) => use.connector === connector)
  const failed = own.reduce((sum, use) => sum + use.failed, 0)
  return {
    made: own.reduce((sum, use) => sum + use.ok, failed),
    failed,
    shared: all.filter((other) => other.connector === connector).length > 1,
  }
}
