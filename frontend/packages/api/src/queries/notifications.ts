import { queryOptions } from '@tanstack/react-query'
import { bodyOf } from '../client'
import type { PreferenceItem } from '../schema'
import { client } from '../studio'
import { keys } from './keys'
import { pagesOf } from './pages'

export const notifications = {
  list: (filters: { unread?: boolean } = {}) =>
    pagesOf(keys.notifications.list(filters), (query, signal) =>
      bodyOf(client.GET('/api/v1/notifications', { params: { query: { ...filters, ...query } }, signal })),
    ),
  unread: () =>
    queryOptions({
      queryKey: keys.notifications.unread,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/notifications/unread', { signal })),
      select: ({ count }) => count,
    }),
  preferences: () =>
    queryOptions({
      queryKey: keys.notifications.preferences,
      queryFn: ({ signal }) => bodyOf(client.GET('/api/v1/notification-preferences', { signal })),
    }),

  markRead: (notification_id: string) =>
    bodyOf(
      client.POST('/api/v1/notifications/{notification_id}/read', { params: { path: { notification_id } } }),
    ),
  markAllRead: () => bodyOf(client.POST('/api/v1/notifications/read-all')),
  setPreferences: (items: PreferenceItem[]) =>
    bodyOf(client.PUT('/api/v1/notification-preferences', { body: { items } })),
}
