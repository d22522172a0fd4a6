import { CommandPalette, Dialog, Kbd } from '@keyreel/ui'
import { useNavigate } from '@tanstack/react-router'
import { Bell, Keyboard, KeyRound, LogOut, Moon, Sun, UsersRound } from 'lucide-react'
import { Fragment } from 'react'
import { useTranslation } from 'react-i18next'
import { keyLabel, useShortcut, useShortcuts } from '../shortcuts'
import { makeStore, useStore } from '../store'
import { chooseTheme } from '../theme'
import { create, places } from './navigation'
import { useSignOut } from './useSignOut'

const open = makeStore<'nothing' | 'commands' | 'shortcuts'>('nothing')

export function openCommands(): void {
  open.set('commands')
}

export function openShortcutsHelp(): void {
  open.set('shortcuts')
}

/** The command palette (⌘K), the list of shortcuts (?), and the shortcuts that work everywhere. */
export function Commands() {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const signOut = useSignOut()
  const shown = useStore(open)
  const shortcuts = useShortcuts()

  useShortcut({ keys: ['mod+k'], label: t('commands.label'), everywhere: true }, openCommands)
  useShortcut({ keys: ['?'], label: t('shortcuts.title') }, openShortcutsHelp)
  useShortcut({ keys: [create.key], label: t(create.label) }, () => void navigate({ to: create.to }))
  for (const place of places)
    // The list never changes its length, so the order of hooks holds.
    // eslint-disable-next-line react-hooks/rules-of-hooks
    useShortcut({ keys: ['g', place.key], label: t(place.label) }, () => void navigate({ to: place.to }))

  return (
    <>
      <CommandPalette
        open={shown === 'commands'}
        onOpenChange={(isOpen) => {
          open.set(isOpen ? 'commands' : 'nothing')
        }}
        label={t('commands.label')}
        placeholder={t('commands.placeholder')}
        empty={t('commands.empty')}
        groups={[
          {
            heading: t('commands.go'),
            commands: [
              {
                id: 'create',
                label: t(create.label),
                icon: <create.icon />,
                shortcut: keyLabel(create.key),
                onSelect: () => void navigate({ to: create.to }),
              },
              ...places.map((place) => ({
                id: place.to,
                label: t(place.label),
                icon: <place.icon />,
                shortcut: `G ${keyLabel(place.key)}`,
                onSelect: () => void navigate({ to: place.to }),
              })),
              {
                id: 'notifications',
                label: t('nav.notifications'),
                icon: <Bell />,
                onSelect: () => void navigate({ to: '/notifications' }),
              },
              {
                id: 'connections',
                label: t('commands.connections'),
                icon: <KeyRound />,
                onSelect: () => void navigate({ to: '/settings/connections' }),
              },
              {
                id: 'members',
                label: t('commands.members'),
                icon: <UsersRound />,
                onSelect: () => void navigate({ to: '/settings/members' }),
              },
            ],
          },
          {
            heading: t('commands.do'),
            commands: [
              {
                id: 'light',
                label: t('commands.light'),
                icon: <Sun />,
                onSelect: () => {
                  chooseTheme('light')
                },
              },
              {
                id: 'dark',
                label: t('commands.dark'),
                icon: <Moon />,
                onSelect: () => {
                  chooseTheme('dark')
                },
              },
              {
                id: 'shortcuts',
                label: t('shortcuts.title'),
                icon: <Keyboard />,
                shortcut: '?',
                onSelect: openShortcutsHelp,
              },
              {
                id: 'sign-out',
                label: t('signOut'),
                icon: <LogOut />,
                onSelect: () => {
                  signOut.mutate()
                },
              },
            ],
          },
        ]}
      />
      <Dialog
        size="sm"
        open={shown === 'shortcuts'}
        onOpenChange={(isOpen) => {
          open.set(isOpen ? 'shortcuts' : 'nothing')
        }}
        title={t('shortcuts.title')}
      >
        <dl className="flex flex-col">
          {shortcuts.map((shortcut) => (
            <div
              key={shortcut.keys.join(' ')}
              className="flex items-center justify-between gap-4 border-b border-line py-2 last:border-b-0"
            >
              <dt>{shortcut.label}</dt>
              <dd className="flex items-center gap-1">
                {shortcut.keys.map((key, index) => (
                  <Fragment key={key}>
                    {index > 0 ? (
                      <span className="px-0.5 text-xs text-ink-faint">{t('shortcuts.then')}</span>
                    ) : null}
                    <Kbd>{keyLabel(key)}</Kbd>
                  </Fragment>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </Dialog>
    </>
  )
}
