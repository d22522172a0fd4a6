import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { studioRoute } from './studioRoute'

const layout = createRoute({
  getParentRoute: () => studioRoute,
  path: '/settings',
  component: lazyRouteComponent(() => import('@/features/settings/SettingsLayout'), 'SettingsLayout'),
})

const index = createRoute({
  getParentRoute: () => layout,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: '/settings/profile', replace: true })
  },
})

const profile = createRoute({
  getParentRoute: () => layout,
  path: '/profile',
  component: lazyRouteComponent(() => import('@/features/settings/profile/ProfilePage'), 'ProfilePage'),
})

const security = createRoute({
  getParentRoute: () => layout,
  path: '/security',
  component: lazyRouteComponent(() => import('@/features/settings/security/SecurityPage'), 'SecurityPage'),
})

const notifications = createRoute({
  getParentRoute: () => layout,
  path: '/notifications',
  component: lazyRouteComponent(
    () => import('@/features/settings/notifications/NotificationSettingsPage'),
    'NotificationSettingsPage',
  ),
})

const workspace = createRoute({
  getParentRoute: () => layout,
  path: '/workspace',
  component: lazyRouteComponent(() => import('@/features/settings/workspace/WorkspacePage'), 'WorkspacePage'),
})

const members = createRoute({
  getParentRoute: () => layout,
  path: '/members',
  component: lazyRouteComponent(() => import('@/features/settings/members/MembersPage'), 'MembersPage'),
})

const connections = createRoute({
  getParentRoute: () => layout,
  path: '/connections',
  /** `add`: the service whose key is asked for at once; the form without one when it is empty. */
  validateSearch: ({ add }: Record<string, unknown>): { add?: string } =>
    typeof add === 'string' ? { add } : {},
  component: lazyRouteComponent(
    () => import('@/features/settings/connections/ConnectionsPage'),
    'ConnectionsPage',
  ),
})

const apiTokens = createRoute({
  getParentRoute: () => layout,
  path: '/api-tokens',
  component: lazyRouteComponent(() => import('@/features/settings/tokens/ApiTokensPage'), 'ApiTokensPage'),
})

const networks = createRoute({
  getParentRoute: () => layout,
  path: '/networks',
  component: lazyRouteComponent(() => import('@/features/settings/networks/NetworksPage'), 'NetworksPage'),
})

const audit = createRoute({
  getParentRoute: () => layout,
  path: '/audit',
  component: lazyRouteComponent(() => import('@/features/settings/audit/AuditPage'), 'AuditPage'),
})

export const settingsRoute = layout.addChildren([
  index,
  profile,
  security,
  notifications,
  workspace,
  members,
  connections,
  apiTokens,
  networks,
  audit,
])
