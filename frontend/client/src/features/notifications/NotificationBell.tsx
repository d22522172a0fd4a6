import { notifications } from '@keyreel/api'
import { Button, Tooltip } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Bell } from 'lucide-react'
import { useTranslation } from 'react-i18next'

/** The way to what happened; a dot while something is unread. */
export function NotificationBell() {
  const { t } = useTranslation('notifications')
  const { data: unread = 0 } = useQuery(notifications.unread())
  return (
    <Tooltip label={t('title')}>
      <Button asChild variant="ghost" size="icon">
        <Link to="/notifications" aria-label={t('bell', { count: unread })} className="relative">
          <Bell aria-hidden />
          {unread > 0 ? (
            <span className="absolute top-1.5 right-1.5 size-2 rounded-full bg-accent ring-2 ring-canvas" />
          ) : null}
        </Link>
      </Button>
    </Tooltip>
  )
}
