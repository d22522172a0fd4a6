import { createRootRoute, Outlet } from '@tanstack/react-router'
import { NotFoundPage } from '../NotFoundPage'
import { RouteFailure } from '../RouteFailure'

export const rootRoute = createRootRoute({
  component: Outlet,
  notFoundComponent: NotFoundPage,
  errorComponent: RouteFailure,
})
