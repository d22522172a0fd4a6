import { Outlet, useLocation, useRouter } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { speak } from '@/i18n'
import { useLiveEvents } from '../live'
import { listenForShortcuts } from '../shortcuts'
import { useSessionState } from '../useSession'
import { BottomBar } from './BottomBar'
import { Commands } from './Commands'
import { ConnectionNotice } from './ConnectionNotice'
import { SideBar } from './SideBar'
import { TopBar } from './TopBar'

/** The studio's frame: navigation at the side or, on a phone, at the bottom; the page; live events; shortcuts. */
export function Shell() {
  const state = useSessionState()
  const router = useRouter()
  useEffect(() => {
    // Signed out here or in another tab: the route's guard leads to the sign-in page.
    if (state.status !== 'signedIn') void router.invalidate()
  }, [state.status, router])
  return state.status === 'signedIn' ? <SignedIn workspaceId={state.session.workspace.id} /> : null
}

function SignedIn({ workspaceId }: { workspaceId: string }) {
  const { t } = useTranslation()
  const main = useRef<HTMLElement>(null)
  const { pathname } = useLocation()
  const shown = useRef(pathname)
  const locale = useSessionState().session?.user.locale
  useLiveEvents(workspaceId)
  useEffect(listenForShortcuts, [])
  useEffect(() => {
    if (locale) void speak(locale)
  }, [locale])
  useEffect(() => {
    // A new page is read from its beginning, not from the link that led here.
    if (shown.current !== pathname) main.current?.focus({ preventScroll: true })
    shown.current = pathname
  }, [pathname])

  return (
    <div className="min-h-dvh bg-canvas md:grid md:grid-cols-[15rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-md bg-raised px-3 py-2 font-medium shadow-md focus:translate-y-0"
      >
        {t('skipToContent')}
      </a>
      <SideBar />
      <div className="flex min-h-dvh min-w-0 flex-col pb-[calc(4rem+env(safe-area-inset-bottom))] md:pb-0">
        <TopBar />
        <ConnectionNotice />
        <main id="main" ref={main} tabIndex={-1} className="flex-1 outline-none">
          <Outlet />
        </main>
      </div>
      <BottomBar />
      <Commands />
    </div>
  )
}
