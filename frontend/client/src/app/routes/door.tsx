import { session } from '@keyreel/api'
import { createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { Door } from '../Door'
import { rootRoute } from './root'

/** Pages for people who are not signed in, and those that letters and the terminal link to with `#token=…`. */
const door = createRoute({ getParentRoute: () => rootRoute, id: 'door', component: Door })

interface Next {
  /** Where to go after signing in: an address of this app, never another site's. */
  next?: string
}

function validateNext({ next }: Record<string, unknown>): Next {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? { next } : {}
}

const signIn = createRoute({
  getParentRoute: () => door,
  path: '/sign-in',
  validateSearch: validateNext,
  beforeLoad: async ({ search }) => {
    const { status } = await session.resume()
    if (status === 'signedIn') throw redirect({ href: search.next ?? '/', replace: true })
  },
  component: lazyRouteComponent(() => import('@/features/auth/SignInPage'), 'SignInPage'),
})

const signUp = createRoute({
  getParentRoute: () => door,
  path: '/sign-up',
  validateSearch: validateNext,
  component: lazyRouteComponent(() => import('@/features/auth/SignUpPage'), 'SignUpPage'),
})

const verify = createRoute({
  getParentRoute: () => door,
  path: '/verify',
  component: lazyRouteComponent(() => import('@/features/auth/VerifyPage'), 'VerifyPage'),
})

const welcome = createRoute({
  getParentRoute: () => door,
  path: '/welcome',
  component: lazyRouteComponent(() => import('@/features/auth/WelcomePage'), 'WelcomePage'),
})

const forgotPassword = createRoute({
  getParentRoute: () => door,
  path: '/forgot-password',
  component: lazyRouteComponent(() => import('@/features/auth/ForgotPasswordPage'), 'ForgotPasswordPage'),
})

const resetPassword = createRoute({
  getParentRoute: () => door,
  path: '/reset-password',
  component: lazyRouteComponent(() => import('@/features/auth/ResetPasswordPage'), 'ResetPasswordPage'),
})

const invitation = createRoute({
  getParentRoute: () => door,
  path: '/invitation',
  component: lazyRouteComponent(() => import('@/features/auth/InvitationPage'), 'InvitationPage'),
})

const confirmEmail = createRoute({
  getParentRoute: () => door,
  path: '/confirm-email',
  component: lazyRouteComponent(() => import('@/features/auth/ConfirmEmailPage'), 'ConfirmEmailPage'),
})

const shared = createRoute({
  getParentRoute: () => rootRoute,
  path: '/s/$token',
  component: lazyRouteComponent(() => import('@/features/share/SharedVideoPage'), 'SharedVideoPage'),
})

export const doorRoutes = [
  door.addChildren([
    signIn,
    signUp,
    verify,
    welcome,
    forgotPassword,
    resetPassword,
    invitation,
    confirmEmail,
  ]),
  shared,
] as const
