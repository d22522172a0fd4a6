import { billing, connections, type Video } from '@keyreel/api'
import { Callout } from '@keyreel/ui'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay } from '@/app/useSession'
import { useFormats } from '@/i18n/format'
import { tightQuotas } from './overview'

/** Failed videos shown at once; the library has the rest. */
const SHOWN = 3

/** What needs somebody's attention; nothing when nothing does. */
export function Alerts({ failed }: { failed: readonly Video[] }) {
  const { t } = useTranslation('home')
  const formats = useFormats()
  const quotas = useQuery(billing.quotas())
  const subscription = useQuery(billing.subscription())
  const mayKeys = useMay('keys:read')
  const keys = useInfiniteQuery({ ...connections.list(), enabled: mayKeys })
  const tight = quotas.data ? tightQuotas(quotas.data) : []
  const unpaid = subscription.data !== undefined && subscription.data.status !== 'active'
  const refused = keys.data?.filter(({ state }) => state === 'rejected' || state === 'limited') ?? []
  if (tight.length + failed.length + refused.length === 0 && !unpaid) return null
  return (
    <section aria-label={t('alerts.label')} className="flex flex-col gap-3">
      {unpaid ? (
        <Alert tone="warning" to="/usage" act={t('alerts.toUsage')}>
          {t('alerts.unpaid')}
        </Alert>
      ) : null}
      {tight.map(({ quota, limit, full }) => (
        <Alert key={quota.quota} tone="warning" to="/usage" act={t('alerts.toUsage')}>
          {full
            ? t(`alerts.full.${quota.quota}`)
            : t(`alerts.nearly.${quota.quota}`, {
                share: formats.percent((quota.used + quota.reserved) / limit),
              })}{' '}
          {quota.quota === 'storage_bytes' || !quotas.data
            ? null
            : t('alerts.renews', { date: formats.date(quotas.data.period_end) })}
        </Alert>
      ))}
      {failed.slice(0, SHOWN).map((video) => (
        <Alert
          key={video.id}
          tone="warning"
          to={video.job_id ? '/jobs/$jobId' : '/videos/$videoId'}
          params={video.job_id ? { jobId: video.job_id } : { videoId: video.id }}
          act={t('alerts.look')}
        >
          {t('alerts.failed', { title: video.title })}
        </Alert>
      ))}
      {refused.map((connection) => (
        <Alert key={connection.id} tone="warning" to="/settings/connections" act={t('alerts.look')}>
          {t(connection.state === 'rejected' ? 'alerts.keyRejected' : 'alerts.keyLimited', {
            name: connection.name,
          })}
        </Alert>
      ))}
    </section>
  )
}

function Alert({
  tone,
  act,
  children,
  ...link
}: { tone: 'warning'; act: string; children: ReactNode } & Pick<LinkProps, 'to' | 'params'>) {
  return (
    <Callout
      tone={tone}
      action={
        <Link
          {...link}
          className="flex tap shrink-0 items-center rounded-sm font-medium text-accent-text underline-offset-4 hover:underline"
        >
          {act}
        </Link>
      }
    >
      {children}
    </Callout>
  )
}
