import { billing, connections, type Notification, type NotificationKind } from '@keyreel/api'
import { useQuery } from '@tanstack/react-query'
import { type LinkProps } from '@tanstack/react-router'
import { CircleAlert, CircleCheck, CreditCard, Gauge, KeyRound, LogIn, ShieldAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { failureSentence } from '@/app/problems'
import { useMay } from '@/app/useSession'
import { useFormats } from '@/i18n/format'

export const icons: Record<NotificationKind, ReactNode> = {
  video_ready: <CircleCheck className="text-success-text" />,
  video_failed: <CircleAlert className="text-danger-text" />,
  quota_near: <Gauge className="text-warning-text" />,
  quota_reached: <Gauge className="text-danger-text" />,
  key_rejected: <KeyRound className="text-danger-text" />,
  new_sign_in: <LogIn className="text-ink-muted" />,
  session_stolen: <ShieldAlert className="text-danger-text" />,
  plan_changed: <CreditCard className="text-ink-muted" />,
}

export interface Told {
  title: string
  detail: string
  /** Where what it is about can be seen or mended. */
  link: Pick<LinkProps, 'to' | 'params'>
}

const quotas = ['videos', 'render_seconds', 'storage_bytes', 'members', 'concurrent_jobs'] as const

/** A notification in words. Its parameters come from the server as they were when it happened. */
export function useTold(): (notification: Notification) => Told {
  const { t } = useTranslation('notifications')
  const formats = useFormats()
  const plans = useQuery(billing.plans())
  const mayReadKeys = useMay('keys:read')
  const connectors = useQuery({ ...connections.connectors(), enabled: mayReadKeys })

  function quota(params: Record<string, unknown>) {
    const name = quotas.find((one) => one === params.quota) ?? 'videos'
    const write = (amount: number) =>
      name === 'storage_bytes'
        ? formats.bytes(amount)
        : name === 'render_seconds'
          ? formats.minutes(amount)
          : formats.number(amount)
    return {
      quota: t(`quota.${name}`),
      used: write(Number(params.used)),
      limit: write(Number(params.limit)),
      percent: formats.percent(Number(params.percent) / 100),
    }
  }

  return ({ kind, params }) => {
    const text = (name: string) => (typeof params[name] === 'string' ? params[name] : '')
    const video: Told['link'] = { to: '/videos/$videoId', params: { videoId: text('video_id') } }
    switch (kind) {
      case 'video_ready':
        return {
          title: t('video_ready.title', { title: text('title') }),
          detail: t('video_ready.detail', { duration: formats.duration(Number(params.seconds)) }),
          link: video,
        }
      case 'video_failed':
        return {
          title: t('video_failed.title', { title: text('title') }),
          detail: failureSentence({ code: text('code'), detail: text('detail') }),
          link: { to: '/jobs/$jobId', params: { jobId: text('job_id') } },
        }
      case 'quota_near':
      case 'quota_reached':
        return {
          title: t(`${kind}.title`, quota(params)),
          detail: t(`${kind}.detail`, quota(params)),
          link: { to: '/usage' },
        }
      case 'key_rejected': {
        const id = text('connector')
        const connector = connectors.data?.find((one) => one.id === id)?.name ?? id
        return {
          title: t('key_rejected.title', { connector }),
          detail: t('key_rejected.detail'),
          link: { to: '/settings/connections' },
        }
      }
      case 'new_sign_in':
      case 'session_stolen':
        return {
          title: t(`${kind}.title`),
          detail: t(`${kind}.detail`),
          link: { to: '/settings/security' },
        }
      case 'plan_changed': {
        const plan = plans.data?.find((one) => one.id === params.plan)?.name ?? text('plan')
        return {
          title: t('plan_changed.title', { plan }),
          detail: t('plan_changed.detail'),
          link: { to: '/usage' },
        }
      }
    }
  }
}
