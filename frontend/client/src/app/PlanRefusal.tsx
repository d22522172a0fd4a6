import { type ApiError, billing } from '@keyreel/api'
import { Callout } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'

const REFUSALS = [
  'payment_required',
  'feature_not_in_plan',
  'quota_exceeded',
  'concurrency_exceeded',
] as const

type Refusal = ApiError & { code: (typeof REFUSALS)[number] }

export function refusedByPlan(error: ApiError): error is Refusal {
  return (REFUSALS as readonly string[]).includes(error.code)
}

/** A run the plan has no place for: what ran out, when there is more, and what can be done today. */
export function PlanRefusal({ error, className }: { error: ApiError; className?: string }) {
  const { t } = useTranslation(['common', 'errors'])
  const formats = useFormats()
  const quotas = useQuery(billing.quotas())
  const plans = useQuery(billing.plans())
  const { quota = '', limit = 0, remaining = 0, planHint } = error.planLimit ?? {}
  const larger = plans.data?.find((plan) => plan.id === planHint)?.name

  function what(): string {
    if (error.code === 'payment_required') return t('plan.paymentRequired')
    switch (quota) {
      case 'videos':
        return t('plan.videos', { count: limit, number: formats.number(limit) })
      case 'render_seconds':
        return t('plan.renderSeconds', { left: formats.duration(remaining) })
      case 'concurrent_jobs':
        return t('plan.concurrentJobs', { count: limit, number: formats.number(limit) })
      case 'max_height':
        return t('plan.maxHeight', { lines: formats.number(limit) })
      case 'storage_bytes':
        return t('plan.storageBytes')
      default:
        return t(`errors:${error.code}`)
    }
  }

  const monthly = quota === 'videos' || quota === 'render_seconds'
  return (
    <Callout tone="danger" title={what()} className={className}>
      {monthly && quotas.data ? (
        <p>{t('plan.renews', { date: formats.date(quotas.data.period_end) })}</p>
      ) : null}
      {larger ? <p>{t('plan.larger', { plan: larger })}</p> : null}
      <Link
        to={quota === 'concurrent_jobs' ? '/' : '/usage'}
        className="mt-1 inline-block font-medium text-accent-text underline underline-offset-4"
      >
        {quota === 'concurrent_jobs' ? t('plan.toRunning') : t('plan.toUsage')}
      </Link>
    </Callout>
  )
}
