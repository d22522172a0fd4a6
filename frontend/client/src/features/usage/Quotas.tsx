import { billing, type Quota } from '@keyreel/api'
import { Loading, Meter, Section, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { ProblemState } from '@/app/problems'
import { type Formats, useFormats } from '@/i18n/format'

/** What is used of the plan, and when the month's counts begin anew. */
export function Quotas() {
  const { t } = useTranslation('usage')
  const formats = useFormats()
  const quotas = useQuery(billing.quotas())
  const plans = useQuery(billing.plans())
  if (quotas.isPending)
    return (
      <Section title={t('plan.title')}>
        <Loading className="grid gap-6 sm:grid-cols-2 lg:grid-cols-3">
          {[0, 1, 2, 3, 4].map((row) => (
            <div key={row} className="space-y-3">
              <Skeleton className="h-4 w-40" />
              <Skeleton className="h-1.5 w-full" />
            </div>
          ))}
        </Loading>
      </Section>
    )
  if (quotas.isError)
    return (
      <Section title={t('plan.title')}>
        <ProblemState error={quotas.error} onRetry={() => void quotas.refetch()} />
      </Section>
    )
  const plan = plans.data?.find((one) => one.id === quotas.data.plan)?.name ?? quotas.data.plan
  return (
    <Section
      title={t('plan.of', { plan })}
      detail={t('plan.renews', { date: formats.date(quotas.data.period_end) })}
    >
      <div className="grid gap-x-8 gap-y-6 sm:grid-cols-2 lg:grid-cols-3">
        {quotas.data.items.map((quota) => (
          <QuotaMeter key={quota.quota} quota={quota} />
        ))}
      </div>
    </Section>
  )
}

/** An amount as the quota is told to people: minutes for seconds, GB for bytes. */
function amountOf(quota: Quota['quota'], amount: number, formats: Formats): string {
  if (quota === 'storage_bytes') return formats.bytes(amount)
  return quota === 'render_seconds' ? formats.minutes(amount) : formats.number(amount)
}

function QuotaMeter({ quota: { quota, used, reserved, limit } }: { quota: Quota }) {
  const { t } = useTranslation('usage')
  const formats = useFormats()
  const shown = amountOf(quota, used, formats)
  return (
    <Meter
      label={t(`quota.${quota}`)}
      used={used}
      limit={limit}
      text={
        limit === null
          ? t('unlimited', { used: shown })
          : t('used', { used: shown, limit: amountOf(quota, limit, formats) })
      }
      note={
        reserved > 0
          ? t('reserved', { amount: amountOf(quota, reserved, formats) })
          : limit !== null && used >= limit
            ? t('reached')
            : limit !== null && used >= 0.8 * limit
              ? t('near')
              : undefined
      }
    />
  )
}
