import { Button, Kbd } from '@keyreel/ui'
import { Link } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { NotificationBell } from '@/features/notifications/NotificationBell'
import { keyLabel } from '../shortcuts'
import { openCommands } from './Commands'
import { create, places } from './navigation'
import { UserMenu } from './UserMenu'
import { WorkspaceSwitcher } from './WorkspaceSwitcher'

const linkStyle =
  'flex h-9 items-center gap-2.5 rounded-md px-2.5 font-medium text-ink-muted transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-pressed/70 aria-[current=page]:text-ink [&_svg]:size-4'

export function SideBar() {
  const { t } = useTranslation()
  return (
    <aside className="sticky top-0 hidden h-dvh flex-col gap-4 border-r border-line bg-canvas p-3 md:flex">
      <div className="flex items-center gap-1">
        <WorkspaceSwitcher />
        <NotificationBell />
      </div>
      <div className="flex flex-col gap-2">
        <Button asChild variant="primary" block>
          <Link to={create.to}>
            <create.icon aria-hidden />
            {t(create.label)}
          </Link>
        </Button>
        <button
          type="button"
          onClick={openCommands}
          className="flex h-9 items-center gap-2.5 rounded-md border border-line bg-surface px-2.5 text-left text-ink-faint transition-colors hover:border-line-strong hover:text-ink-muted"
        >
          <Search className="size-4" aria-hidden />
          <span className="min-w-0 flex-1 truncate">{t('commands.open')}</span>
          <Kbd>{keyLabel('mod+k')}</Kbd>
        </button>
      </div>
      <nav aria-label={t('nav.label')} className="flex flex-1 flex-col gap-0.5">
        {places.map((place) => (
          <Link key={place.to} to={place.to} activeOptions={{ exact: place.exact }} className={linkStyle}>
            <place.icon aria-hidden />
            {t(place.label)}
          </Link>
        ))}
      </nav>
      <UserMenu wide />
    </aside>
  )
}
