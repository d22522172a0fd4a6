import { session } from '@keyreel/api'
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { rootRoute } from './root'

/** The parent of every page that needs somebody to be signed in. */
export const studioRoute = createRoute({
  getParentRoute: () => rootRoute,
  id: 'studio',
  beforeLoad: async ({ location }) => {
    const { status } = await session.resume()
    if (status === 'signedIn') return
    throw redirect({
      to: '/sign-in',
      search: location.href === '/' ? {} : { next: location.href },
      replace: true,
    })
  },
  component: lazyRouteComponent(() => import('../shell/Shell'), 'Shell'),
})
