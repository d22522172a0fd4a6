import { Logo } from '@keyreel/ui'
import { Link, Outlet } from '@tanstack/react-router'
import { LanguageSwitch } from './LanguageSwitch'

/** The frame of pages before the studio: the mark, one column, the language. */
export function Door() {
  return (
    <div className="flex min-h-dvh flex-col bg-canvas">
      <header className="flex items-center justify-between px-5 py-4 sm:px-8 sm:py-6">
        <Link to="/" className="flex tap items-center rounded-md" aria-label="Keyreel">
          <Logo />
        </Link>
        <div className="-mr-2">
          <LanguageSwitch />
        </div>
      </header>
      <main className="flex flex-1 flex-col items-center px-5 pt-6 pb-16 sm:justify-center sm:pt-0 sm:pb-28">
        <Outlet />
      </main>
    </div>
  )
}
