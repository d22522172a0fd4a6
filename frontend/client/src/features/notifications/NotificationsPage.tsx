import { notifications } from '@keyreel/api'
import { Button, Card, EmptyState, Segmented } from '@keyreel/ui'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { Bell, BellOff, CheckCheck, Settings } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { Page } from '@/app/Page'
import { NotificationRow } from './NotificationRow'
import { useTold } from './told'
import { useMarkRead } from './useMarkRead'

const route = getRouteApi('/studio/notifications')

/** What happened, the latest first; it grows while it is looked at. */
export function NotificationsPage() {
  const { t } = useTranslation('notifications')
  const { unread: onlyUnread = false } = route.useSearch()
  const navigate = route.useNavigate()
  const list = useInfiniteQuery(notifications.list(onlyUnread ? { unread: true } : {}))
  const { data: unread = 0 } = useQuery(notifications.unread())
  const markAll = useMarkRead(() => notifications.markAllRead())
  const told = useTold()
  return (
    <Page
      width="narrow"
      title={t('title')}
      actions={
        <Button asChild variant="ghost">
          <Link to="/settings/notifications">
            <Settings aria-hidden />
            {t('settings')}
          </Link>
        </Button>
      }
    >
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <Segmented
          label={t('filter.label')}
          value={onlyUnread ? 'unread' : 'all'}
          onChange={(wanted) => {
            void navigate({ search: wanted === 'unread' ? { unread: true } : {}, replace: true })
          }}
          choices={[
            { value: 'all', label: t('filter.all') },
            { value: 'unread', label: t('filter.unread', { count: unread }) },
          ]}
        />
        <Button
          icon={<CheckCheck />}
          disabled={unread === 0}
          pending={markAll.isPending}
          onClick={() => {
            markAll.mutate(undefined)
          }}
        >
          {t('markAll')}
        </Button>
      </div>
      <Card className="overflow-hidden">
        <Listing
          endless
          query={list}
          empty={
            onlyUnread ? (
              <EmptyState icon={<BellOff />} title={t('empty.unread')} detail={t('empty.unreadDetail')} />
            ) : (
              <EmptyState icon={<Bell />} title={t('empty.all')} detail={t('empty.allDetail')} />
            )
          }
        >
          {(rows) => (
            <ul className="divide-y divide-line">
              {rows.map((notification) => (
                <NotificationRow
                  key={notification.id}
                  notification={notification}
                  told={told(notification)}
                />
              ))}
            </ul>
          )}
        </Listing>
      </Card>
    </Page>
  )
}
