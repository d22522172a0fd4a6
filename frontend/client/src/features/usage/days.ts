import type { ConnectorUse, Usage } from '@keyreel/api'

/** The last `count` days up to `today`, in UTC as the API counts them: `['2026-01-01', '2026-01-30']`. */
export function lastDays(count: number, today = new Date()): [from: string, to: string] {
  const first = new Date(today.getTime() - (count - 1) * 86_400_000)
  return [first.toISOString().slice(0, 10), today.toISOString().slice(0, 10)]
}

export function callsOf({ ok, failed, cached }: Pick<ConnectorUse, 'ok' | 'failed' | 'cached'>): number {
  return ok + failed + cached
}

export interface Total {
  calls: number
  failed: number
  cached: number
  milliseconds: number
}

export function totalOf(uses: readonly ConnectorUse[]): Total {
  return uses.reduce(
    (sum, use) => ({
      calls: sum.calls + callsOf(use),
      failed: sum.failed + use.failed,
      cached: sum.cached + use.cached,
      milliseconds: sum.milliseconds + use.milliseconds,
    }),
    { calls: 0, failed: 0, cached: 0, milliseconds: 0 },
  )
}

/** Connectors in the order of their calls, the busiest first: the order of colours in the chart. */
export function connectorsOf(usage: Usage): string[] {
  const calls = new Map<string, number>()
  for (const use of usage.calls) calls.set(use.connector, (calls.get(use.connector) ?? 0) + callsOf(use))
  return [...calls].sort(([, a], [, b]) => b - a).map(([connector]) => connector)
}

/** A round number at or above the highest bar, so that the axis has whole steps: 1, 2, 4, 5, 10, 20, 40, 50 … */
export function axisTop(highest: number): number {
  for (let power = 1; ; power *= 10)
    for (const step of [1, 2, 4, 5]) if (step * power >= highest) return step * power
}

/** RFC 4180; a cell that a spreadsheet would take for a formula is made a text. */
export function toCsv(rows: readonly (readonly (string | number)[])[]): string {
  const cell = (value: string | number) => {
    const text = typeof value === 'string' && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value)
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  }
  return rows.map((row) => row.map(cell).join(',') + '\r\n').join('')
}

/** One row a day and connector, and one a day for its videos. */
export function usageRows(usage: Usage, header: readonly string[]): (string | number)[][] {
  return [
    [...header],
    ...usage.days.flatMap((day) => [
      [day.day, '', '', '', '', '', '', '', day.videos, day.failed, day.cancelled, day.render_seconds],
      ...day.calls.map((use) => [
        day.day,
        use.connector,
        use.ok,
        use.failed,
        use.cached,
        use.milliseconds,
        use.cost_micros / 1_000_000,
        use.currency,
        '',
        '',
        '',
        '',
      ]),
    ]),
  ]
}
