import type { ConnectorUse, Usage, UsageDay } from '@keyreel/api'
import { type Column, DataTable } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import { callsOf, totalOf } from './days'
import { useConnectorName } from './useConnectorName'

/** What each connector did over the whole time. */
export function ByConnector({ usage }: { usage: Usage }) {
  const { t } = useTranslation('usage')
  const formats = useFormats()
  const nameOf = useConnectorName()
  const columns: Column<ConnectorUse>[] = [
    {
      id: 'connector',
      header: t('column.connector'),
      primary: true,
      cell: (use) => <span className="font-medium">{nameOf(use.connector)}</span>,
    },
    {
      id: 'calls',
      header: t('column.calls'),
      numeric: true,
      cell: (use) => formats.number(callsOf(use)),
    },
    {
      id: 'failed',
      header: t('column.failed'),
      numeric: true,
      cell: (use) => (
        <span className={use.failed > 0 ? 'text-danger-text' : undefined}>{formats.number(use.failed)}</span>
      ),
    },
    {
      id: 'cached',
      header: t('column.cached'),
      numeric: true,
      cell: (use) => formats.number(use.cached),
    },
    {
      id: 'time',
      header: t('column.time'),
      numeric: true,
      cell: (use) => {
        const made = use.ok + use.failed
        return made === 0
          ? '–'
          : t('seconds', { seconds: formats.number(Math.round(use.milliseconds / made / 100) / 10) })
      },
    },
    {
      id: 'cost',
      header: t('column.cost'),
      numeric: true,
      cell: (use) => formats.money(use.cost_micros / 1_000_000, use.currency),
    },
  ]
  return (
    <DataTable
      label={t('byConnector')}
      columns={columns}
      rows={usage.calls}
      rowKey={(use) => `${use.connector} ${use.currency}`}
    />
  )
}

/** The chart's figures, the newest day first; days without anything are left out. */
export function ByDay({ usage }: { usage: Usage }) {
  const { t } = useTranslation('usage')
  const formats = useFormats()
  const busy = usage.days.filter((day) => day.calls.length > 0 || day.videos + day.failed + day.cancelled > 0)
  const columns: Column<UsageDay>[] = [
    { id: 'day', header: t('column.day'), primary: true, cell: (day) => formats.date(day.day) },
    {
      id: 'calls',
      header: t('column.calls'),
      numeric: true,
      cell: (day) => formats.number(totalOf(day.calls).calls),
    },
    {
      id: 'cached',
      header: t('column.cached'),
      numeric: true,
      cell: (day) => formats.number(totalOf(day.calls).cached),
    },
    {
      id: 'videos',
      header: t('column.videos'),
      numeric: true,
      cell: (day) => formats.number(day.videos),
    },
    {
      id: 'minutes',
      header: t('column.minutes'),
      numeric: true,
      cell: (day) => formats.minutes(day.render_seconds),
    },
  ]
  return <DataTable label={t('byDay')} columns={columns} rows={busy.toReversed()} rowKey={(day) => day.day} />
}
