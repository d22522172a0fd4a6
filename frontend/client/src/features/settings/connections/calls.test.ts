import type { ConnectorUse } from '@keyreel/api'
import { describe, expect, it } from 'vitest'
import { callsOf, lastDays } from './calls'

function use(connector: string, ok: number, failed: number): ConnectorUse {
  return { connector, ok, failed, cached: 7, cost_micros: 0, currency: 'USD', milliseconds: 0 }
}

describe('callsOf', () => {
  const one = { connector: 'pexels' }

  it('counts calls that went well and calls that failed, not answers from the cache', () => {
    const calls = callsOf(one, [one], [use('pexels', 10, 2), use('openai', 5, 5)])
    expect(calls).toEqual({ made: 12, failed: 2, shared: false })
  })

  it('says that two keys of one service share the figure', () => {
    expect(callsOf(one, [one, { connector: 'pexels' }], [])?.shared).toBe(true)
  })

  it('knows nothing before usage is read', () => {
    expect(callsOf(one, [one], undefined)).toBeUndefined()
  })
})

describe('lastDays', () => {
  it('counts today, in UTC, across the end of a month', () => {
    expect(lastDays(30, new Date('2026-03-01T23:59:00Z'))).toEqual(['2026-01-31', '2026-03-01'])
    expect(lastDays(1, new Date('2026-03-01T00:30:00+02:00'))).toEqual(['2026-02-28', '2026-02-28'])
  })
})
