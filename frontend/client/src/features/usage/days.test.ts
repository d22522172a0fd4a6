import type { ConnectorUse, Usage } from '@keyreel/api'
import { describe, expect, it } from 'vitest'
import { axisTop, connectorsOf, lastDays, toCsv, totalOf, usageRows } from './days'

function use(connector: string, ok: number, failed = 0, cached = 0): ConnectorUse {
  return { connector, ok, failed, cached, milliseconds: ok * 10, cost_micros: 250_000, currency: 'USD' }
}

describe('lastDays', () => {
  it('counts today and goes back over the month', () => {
    expect(lastDays(30, new Date('2026-03-01T23:30:00Z'))).toEqual(['2026-01-31', '2026-03-01'])
  })
})

describe('totalOf', () => {
  it('counts answers from the cache and failures as calls', () => {
    expect(totalOf([use('a', 3, 1, 6), use('b', 2)])).toEqual({
      calls: 12,
      failed: 1,
      cached: 6,
      milliseconds: 50,
    })
  })
})

describe('connectorsOf', () => {
  it('has the busiest first, also when it was paid in two currencies', () => {
    const calls = [use('a', 3), use('b', 2), { ...use('b', 2), currency: 'EUR' }]
    expect(connectorsOf({ calls } as Usage)).toEqual(['b', 'a'])
  })
})

describe('axisTop', () => {
  it.each([
    [0, 1],
    [3, 4],
    [7, 10],
    [41, 50],
    [100, 100],
    [1001, 2000],
  ])('of %i is %i', (highest, top) => {
    expect(axisTop(highest)).toBe(top)
  })
})

describe('toCsv', () => {
  it('quotes what needs it and defuses formulas', () => {
    expect(toCsv([['a "b"', 'c,d', '=1+1', -4]])).toBe('"a ""b""","c,d",\'=1+1,-4\r\n')
  })
})

describe('usageRows', () => {
  it('has a row for the videos of a day and one for each connector', () => {
    const day = {
      day: '2026-03-01',
      calls: [use('a', 3)],
      videos: 2,
      failed: 1,
      cancelled: 0,
      render_seconds: 90,
    }
    const rows = usageRows({ days: [day] } as unknown as Usage, ['day'])
    expect(rows[1]).toEqual(['2026-03-01', '', '', '', '', '', '', '', 2, 1, 0, 90])
    expect(rows[2]).toEqual(['2026-03-01', 'a', 3, 0, 0, 30, 0.25, 'USD', '', '', '', ''])
  })
})
