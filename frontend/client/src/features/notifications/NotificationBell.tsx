import { notifications } from '@keyreel/api'
import { Button, Tooltip } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bell } from 'lucide-react'
import { useTranslation } from 'react-i18next'

/** More than this is not counted out. */
const MOST = 9

/** The way to what happened, with how much of it is unread. */
export function NotificationBell() {
  const { t } = useTranslation('notifications')
  const { data: unread = 0 } = useQuery(notifications.unread())
  return (
    <Tooltip label={t('title')}>
      <Button asChild variant="ghost" size="icon">
        <Link to="/notifications" className="relative">
          <Bell aria-hidden />
          <span className="sr-only">{unread > 0 ? t('bell', { count: unread }) : t('title')}</span>
          {unread > 0 ? (
            <span
              aria-hidden
              className="absolute -top-0.5 -right-1 flex h-4 min-w-4 items-center justify-center rounded-full bg-accent px-1 text-xs leading-none font-semibold text-accent-ink figures ring-2 ring-canvas"
            >
              {unread > MOST ? `${String(MOST)}+` : unread}
            </span>
          ) : null}
        </Link>
      </Button>
    </Tooltip>
  )
}
