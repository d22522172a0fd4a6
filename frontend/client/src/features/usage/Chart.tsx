import type { Usage } from '@keyreel/api'
import { cx, Tooltip } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import { axisTop, callsOf, connectorsOf, totalOf } from './days'
import { useConnectorName } from './useConnectorName'

const fills = ['bg-series-1', 'bg-series-2', 'bg-series-3', 'bg-series-4', 'bg-series-5', 'bg-series-6']

/** Connectors beyond the colours share the last one. */
function fillOf(index: number): string {
  return fills[Math.min(index, fills.length - 1)] ?? ''
}

/** Calls by day, stacked by connector. The same figures stand in the table below it. */
export function Chart({ usage }: { usage: Usage }) {
  const { t } = useTranslation('usage')
  const formats = useFormats()
  const nameOf = useConnectorName()
  const connectors = connectorsOf(usage)
  const heights = usage.days.map((day) => totalOf(day.calls).calls)
  const highest = Math.max(0, ...heights)
  const top = axisTop(highest)
  const busiest = usage.days[heights.indexOf(highest)]
  const ticks = top >= 2 && top % 2 === 0 ? [top, top / 2, 0] : [top, 0]
  return (
    <figure>
      <figcaption className="mb-4 flex flex-wrap gap-x-5 gap-y-2 text-ink-muted">
        {connectors.map((connector, index) => (
          <span key={connector} className="inline-flex items-center gap-2">
            <span aria-hidden className={cx('size-2.5 rounded-[3px]', fillOf(index))} />
            {nameOf(connector)}
          </span>
        ))}
      </figcaption>
      <div
        role="img"
        aria-label={t('chart.summary', {
          count: totalOf(usage.calls).calls,
          days: usage.days.length,
          most: highest,
          day: busiest ? formats.date(busiest.day) : '',
        })}
        className="flex gap-3"
      >
        <div className="flex h-48 flex-col justify-between text-right text-xs leading-none text-ink-muted figures">
          {ticks.map((tick) => (
            <span key={tick}>{formats.number(tick)}</span>
          ))}
        </div>
        <div className="min-w-0 flex-1">
          <div className="relative flex h-48 items-end gap-px sm:gap-0.5">
            <div aria-hidden className="absolute inset-0 flex flex-col justify-between">
              {ticks.map((tick) => (
                <div key={tick} className="h-px bg-line" />
              ))}
            </div>
            {usage.days.map((day) => (
              <Tooltip
                key={day.day}
                label={
                  <span className="figures">
                    {formats.date(day.day)}
                    {': '}
                    {t('chart.calls', { count: totalOf(day.calls).calls })}
                  </span>
                }
              >
                <div className="group relative flex h-full min-w-0 flex-1 flex-col justify-end">
                  <div className="flex w-full flex-col-reverse overflow-hidden rounded-t-[3px] group-hover:opacity-80">
                    {connectors.map((connector, index) => {
                      const calls = day.calls
                        .filter((use) => use.connector === connector)
                        .reduce((sum, use) => sum + callsOf(use), 0)
                      return calls === 0 ? null : (
                        <div
                          key={connector}
                          className={fillOf(index)}
                          style={{ height: `${String((calls / top) * 12)}rem` }}
                        />
                      )
                    })}
                  </div>
                </div>
              </Tooltip>
            ))}
          </div>
          <div className="mt-2 flex justify-between text-xs text-ink-muted figures">
            {usage.days.length > 0 ? (
              <>
                <span>{formats.date(usage.days[0]?.day ?? '')}</span>
                <span>{formats.date(usage.days.at(-1)?.day ?? '')}</span>
              </>
            ) : null}
          </div>
        </div>
      </div>
    </figure>
  )
}
