import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { settingsRoute } from './settings'
import { librarySearch, notificationsSearch, usageSearch, videoSearch } from './search'
import { studioRoute } from './studioRoute'

/** The studio's pages. Each feature's page is loaded when it is first opened. */
const home = createRoute({
  getParentRoute: () => studioRoute,
  path: '/',
  component: lazyRouteComponent(() => import('@/features/home/HomePage'), 'HomePage'),
})

const create = createRoute({
  getParentRoute: () => studioRoute,
  path: '/create',
  component: lazyRouteComponent(() => import('@/features/create/CreatePage'), 'CreatePage'),
})

const progress = createRoute({
  getParentRoute: () => studioRoute,
  path: '/jobs/$jobId',
  component: lazyRouteComponent(() => import('@/features/progress/ProgressPage'), 'ProgressPage'),
})

const library = createRoute({
  getParentRoute: () => studioRoute,
  path: '/library',
  validateSearch: librarySearch,
  component: lazyRouteComponent(() => import('@/features/library/LibraryPage'), 'LibraryPage'),
})

const video = createRoute({
  getParentRoute: () => studioRoute,
  path: '/videos/$videoId',
  validateSearch: videoSearch,
  component: lazyRouteComponent(() => import('@/features/video/VideoPage'), 'VideoPage'),
})

const usage = createRoute({
  getParentRoute: () => studioRoute,
  path: '/usage',
  validateSearch: usageSearch,
  component: lazyRouteComponent(() => import('@/features/usage/UsagePage'), 'UsagePage'),
})

const notifications = createRoute({
  getParentRoute: () => studioRoute,
  path: '/notifications',
  validateSearch: notificationsSearch,
  component: lazyRouteComponent(
    () => import('@/features/notifications/NotificationsPage'),
    'NotificationsPage',
  ),
})

export const studioRoutes = studioRoute.addChildren([
  home,
  create,
  progress,
  library,
  video,
  usage,
  notifications,
  settingsRoute,
])
