import { createRouter } from '@tanstack/react-router'
import { RouteFailure } from './RouteFailure'
import { RoutePending } from './RoutePending'
import { doorRoutes } from './routes/door'
import { rootRoute } from './routes/root'
import { studioRoutes } from './routes/studio'

export const router = createRouter({
  routeTree: rootRoute.addChildren([...doorRoutes, studioRoutes]),
  defaultPreload: 'intent',
  defaultErrorComponent: RouteFailure,
  defaultPendingComponent: RoutePending,
  defaultPendingMs: 150,
  scrollRestoration: true,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
