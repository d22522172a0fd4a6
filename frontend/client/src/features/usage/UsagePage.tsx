import { type Usage, usage as usageQueries } from '@keyreel/api'
import { Button, Card, EmptyState, Loading, Section, Segmented, Skeleton } from '@keyreel/ui'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { ChartNoAxesColumn, ChevronRight, Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Page } from '@/app/Page'
import { ProblemState } from '@/app/problems'
import { usageDays } from '@/app/routes/search'
import { useFormats } from '@/i18n/format'
import { Chart } from './Chart'
import { lastDays, toCsv, totalOf, usageRows } from './days'
import { Quotas } from './Quotas'
import { ByConnector, ByDay } from './Tables'

const route = getRouteApi('/studio/usage')
const USUAL = 30

/** What the workspace has used: of its plan, and of its connectors by day. */
export function UsagePage() {
  const { t } = useTranslation('usage')
  const { days = USUAL } = route.useSearch()
  const navigate = route.useNavigate()
  const [from, to] = lastDays(days)
  const usage = useQuery({ ...usageQueries.range(from, to), placeholderData: keepPreviousData })
  return (
    <Page title={t('title')}>
      <div className="flex flex-col gap-8">
        <Quotas />
        <section className="flex flex-col gap-4" aria-labelledby="activity">
          <div className="flex flex-wrap items-center justify-between gap-3">
            <h2 id="activity" className="text-lg font-semibold">
              {t('activity')}
            </h2>
            <div className="flex flex-wrap items-center gap-2">
              <Segmented
                label={t('period')}
                value={String(days)}
                onChange={(wanted) => {
                  const next = usageDays.find((one) => String(one) === wanted)
                  void navigate({ search: next === USUAL ? {} : { days: next }, replace: true })
                }}
                choices={usageDays.map((one) => ({ value: String(one), label: t('days', { count: one }) }))}
              />
              {usage.data ? <CsvButton usage={usage.data} name={`keyreel-${from}-${to}.csv`} /> : null}
            </div>
          </div>
          {usage.isPending ? (
            <ActivitySkeleton />
          ) : usage.isError ? (
            <Card>
              <ProblemState error={usage.error} onRetry={() => void usage.refetch()} />
            </Card>
          ) : (
            <Activity usage={usage.data} />
          )}
        </section>
      </div>
    </Page>
  )
}

function Activity({ usage }: { usage: Usage }) {
  const { t } = useTranslation('usage')
  if (usage.calls.length === 0 && usage.videos + usage.failed + usage.cancelled === 0)
    return (
      <Card>
        <EmptyState icon={<ChartNoAxesColumn />} title={t('empty.title')} detail={t('empty.detail')} />
      </Card>
    )
  return (
    <>
      <Figures usage={usage} />
      <Section title={t('byDay')} detail={t('byDayDetail')}>
        <Chart usage={usage} />
        <details className="group -mx-5 mt-5 -mb-5 border-t border-line">
          <summary className="flex h-11 cursor-pointer list-none items-center gap-2 px-5 font-medium text-ink-muted hover:text-ink">
            <ChevronRight className="size-4 transition-transform group-open:rotate-90" aria-hidden />
            {t('asTable')}
          </summary>
          <ByDay usage={usage} />
        </details>
      </Section>
      <Section title={t('byConnector')} detail={t('byConnectorDetail')}>
        <div className="-mx-5 -mb-5 border-t border-line">
          <ByConnector usage={usage} />
        </div>
      </Section>
    </>
  )
}

function Figures({ usage }: { usage: Usage }) {
  const { t } = useTranslation('usage')
  const formats = useFormats()
  const total = totalOf(usage.calls)
  const figures = [
    {
      name: t('figure.videos'),
      value: formats.number(usage.videos),
      note: t('figure.videosNote', { failed: usage.failed, cancelled: usage.cancelled }),
    },
    {
      name: t('figure.minutes'),
      value: formats.minutes(usage.render_seconds),
      note: t('figure.minutesNote'),
    },
    {
      name: t('figure.calls'),
      value: formats.number(total.calls),
      note: t('figure.callsNote', { count: total.failed }),
    },
    {
      name: t('figure.cached'),
      value: formats.number(total.cached),
      note: t('figure.cachedNote', {
        share: formats.percent(total.calls === 0 ? 0 : total.cached / total.calls),
      }),
    },
  ]
  return (
    <dl className="grid grid-cols-2 gap-3 lg:grid-cols-4 lg:gap-4">
      {figures.map(({ name, value, note }) => (
        <Card key={name} className="flex flex-col p-4">
          <dt className="text-ink-muted">{name}</dt>
          <dd className="mt-1 text-xl font-semibold figures">{value}</dd>
          <dd className="mt-1 text-xs text-ink-muted figures">{note}</dd>
        </Card>
      ))}
    </dl>
  )
}

function CsvButton({ usage, name }: { usage: Usage; name: string }) {
  const { t } = useTranslation('usage')
  function save() {
    const header = [
      t('column.day'),
      t('column.connector'),
      t('csv.ok'),
      t('column.failed'),
      t('column.cached'),
      t('csv.milliseconds'),
      t('column.cost'),
      t('csv.currency'),
      t('column.videos'),
      t('csv.videosFailed'),
      t('csv.videosCancelled'),
      t('csv.renderSeconds'),
    ]
    // The mark at the beginning tells spreadsheets that the text is UTF-8.
    const file = new Blob(['\uFEFF', toCsv(usageRows(usage, header))], { type: 'text/csv' })
    const link = document.createElement('a')
    link.href = URL.createObjectURL(file)
    link.download = name
    link.click()
    URL.revokeObjectURL(link.href)
  }
  return (
    <Button icon={<Download />} onClick={save}>
      {t('csv.act')}
    </Button>
  )
}

function ActivitySkeleton() {
  return (
    <Loading className="flex flex-col gap-4">
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4 lg:gap-4">
        {[0, 1, 2, 3].map((tile) => (
          <Skeleton key={tile} className="h-24 rounded-lg" />
        ))}
      </div>
      <Skeleton className="h-72 rounded-lg" />
    </Loading>
  )
}
