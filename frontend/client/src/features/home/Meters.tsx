import { billing, type Quota } from '@keyreel/api'
import { Card, Loading, Meter, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ProblemState } from '@/app/problems'
import { useFormats } from '@/i18n/format'

const SHOWN = ['videos', 'render_seconds', 'storage_bytes'] as const

/** What is used of the month and of the space. */
export function Meters() {
  const { t } = useTranslation('home')
  const formats = useFormats()
  const quotas = useQuery(billing.quotas())
  const plans = useQuery(billing.plans())

  function figures({ quota, used, limit }: Quota): string {
    const write =
      quota === 'storage_bytes'
        ? formats.bytes
        : quota === 'render_seconds'
          ? formats.minutes
          : formats.number
    return limit === null
      ? t('quota.unlimited', { used: write(used) })
      : t('quota.of', { used: write(used), limit: write(limit) })
  }

  if (quotas.isPending)
    return (
      <Loading>
        <Card className="flex flex-col gap-5 p-5">
          {SHOWN.map((name) => (
            <Skeleton key={name} className="h-8 w-full" />
          ))}
        </Card>
      </Loading>
    )
  if (quotas.isError && quotas.data === undefined)
    return (
      <Card>
        <ProblemState error={quotas.error} onRetry={() => void quotas.refetch()} />
      </Card>
    )
  const plan = plans.data?.find(({ id }) => id === quotas.data.plan)?.name
  return (
    <Card className="p-5">
      <div className="mb-4 flex items-baseline justify-between gap-3">
        <h2 className="font-semibold">{plan ? t('quota.plan', { plan }) : t('quota.title')}</h2>
        <Link
          to="/usage"
          className="rounded-sm font-medium text-accent-text underline-offset-4 hover:underline"
        >
          {t('quota.more')}
        </Link>
      </div>
      <div className="flex flex-col gap-4">
        {SHOWN.map((name) => {
          const quota = quotas.data.items.find((item) => item.quota === name)
          if (quota === undefined) return null
          return (
            <Meter
              key={name}
              label={t(`quota.${name}`)}
              used={quota.used + quota.reserved}
              limit={quota.limit}
              text={figures({ ...quota, used: quota.used + quota.reserved })}
            />
          )
        })}
      </div>
      <p className="mt-4 text-xs text-ink-muted">
        {t('quota.renews', { date: formats.date(quotas.data.period_end) })}
      </p>
    </Card>
  )
}
