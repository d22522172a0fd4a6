import { Avatar, Menu } from '@keyreel/ui'
import { Link } from '@tanstack/react-router'
import { ChevronsUpDown, Keyboard, LogOut, ShieldCheck, UserRound } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { ThemeSwitch } from '../ThemeSwitch'
import { useSession } from '../useSession'
import { openShortcutsHelp } from './Commands'
import { useSignOut } from './useSignOut'

/** Who is signed in; profile, security, theme, help, the way out. */
export function UserMenu({ wide = false }: { wide?: boolean }) {
  const { t } = useTranslation()
  const { user } = useSession()
  const signOut = useSignOut()
  return (
    <Menu
      align={wide ? 'start' : 'end'}
      side={wide ? 'top' : 'bottom'}
      className="w-72"
      header={
        <>
          <div className="flex items-center gap-3 px-2 pt-2 pb-3">
            <Avatar name={user.name} className="size-9" />
            <div className="min-w-0">
              <p className="truncate font-medium">{user.name}</p>
              <p className="truncate text-xs text-ink-muted">{user.email}</p>
            </div>
          </div>
          <ThemeSwitch className="mx-1 mb-2 flex" />
        </>
      }
      trigger={
        wide ? (
          <button
            type="button"
            className="flex h-11 items-center gap-2.5 rounded-md px-1.5 text-left transition-colors hover:bg-hover data-[state=open]:bg-hover"
          >
            <Avatar name={user.name} />
            <span className="min-w-0 flex-1 truncate font-medium">{user.name}</span>
            <ChevronsUpDown className="size-4 shrink-0 text-ink-faint" aria-hidden />
          </button>
        ) : (
          <button
            type="button"
            className="flex size-11 items-center justify-center rounded-md hover:bg-hover"
          >
            <span className="sr-only">{t('account')}</span>
            <Avatar name={user.name} />
          </button>
        )
      }
      entries={[
        'separator',
        {
          key: 'profile',
          link: (
            <Link to="/settings/profile">
              <UserRound />
              {t('profile')}
            </Link>
          ),
        },
        {
          key: 'security',
          link: (
            <Link to="/settings/security">
              <ShieldCheck />
              {t('security')}
            </Link>
          ),
        },
        { icon: <Keyboard />, label: t('shortcuts.title'), shortcut: '?', onSelect: openShortcutsHelp },
        'separator',
        {
          icon: <LogOut />,
          label: t('signOut'),
          onSelect: () => {
            signOut.mutate()
          },
        },
      ]}
    />
  )
}
