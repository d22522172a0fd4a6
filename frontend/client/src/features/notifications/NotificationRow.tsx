import { type Notification, notifications } from '@keyreel/api'
import { cx } from '@keyreel/ui'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import { icons, type Told } from './told'
import { useMarkRead } from './useMarkRead'

/** One thing that happened; opening it marks it as read. */
export function NotificationRow({ notification, told }: { notification: Notification; told: Told }) {
  const { t } = useTranslation('notifications')
  const formats = useFormats()
  const markRead = useMarkRead(notifications.markRead)
  const unread = notification.read_at === null
  return (
    <li
      className={cx(
        'relative flex items-start gap-3 px-4 py-4 transition-colors hover:bg-hover/60 sm:px-5',
        unread && 'bg-accent-soft/50',
      )}
    >
      <span
        aria-hidden
        className="flex size-8 shrink-0 items-center justify-center rounded-full border border-line bg-surface [&_svg]:size-4"
      >
        {icons[notification.kind]}
      </span>
      <div className="min-w-0 flex-1">
        <Link
          {...told.link}
          onClick={() => {
            if (unread) markRead.mutate(notification.id)
          }}
          className={cx(
            'line-clamp-2 rounded-sm after:absolute after:inset-0',
            unread ? 'font-semibold' : 'font-medium',
          )}
        >
          {unread ? <span className="sr-only">{t('unread')} </span> : null}
          {told.title}
        </Link>
        <p className="mt-0.5 line-clamp-3 text-ink-muted">{told.detail}</p>
        <time
          dateTime={notification.created_at}
          title={formats.dateTime(notification.created_at)}
          className="mt-1 block text-xs text-ink-faint figures"
        >
          {formats.relative(notification.created_at)}
        </time>
      </div>
      {unread ? <span aria-hidden className="mt-2 size-2 shrink-0 rounded-full bg-accent" /> : null}
    </li>
  )
}
