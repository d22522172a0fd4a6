import { Button, Menu, type MenuEntry } from '@keyreel/ui'
import { Link, Outlet } from '@tanstack/react-router'
import { ChevronDown, Settings2 } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useSession } from '@/app/useSession'
import { sections } from './sections'

function useSections() {
  const { scopes } = useSession()
  return sections.map((section) => ({
    ...section,
    pages: section.pages.filter((page) => !('scope' in page) || scopes.includes(page.scope)),
  }))
}

/** The settings' own navigation at the left; on a phone a menu above the page. */
export function SettingsLayout() {
  const { t } = useTranslation('settings')
  const shown = useSections()
  const entries = shown.flatMap((section): MenuEntry[] => [
    { heading: t(`group.${section.heading}`) },
    ...section.pages.map((page) => ({
      key: page.to,
      link: (
        <Link to={page.to}>
          <page.icon aria-hidden />
          {t(page.label)}
        </Link>
      ),
    })),
  ])
  return (
    <div className="mx-auto flex w-full max-w-6xl gap-10 px-4 pt-4 pb-12 sm:px-8 sm:pt-10">
      <nav
        aria-label={t('title')}
        className="sticky top-10 hidden w-48 shrink-0 flex-col gap-6 self-start lg:flex"
      >
        {shown.map((section) => (
          <div key={section.heading} className="flex flex-col gap-0.5">
            <p className="px-2.5 pb-1.5 text-xs font-medium text-ink-faint">
              {t(`group.${section.heading}`)}
            </p>
            {section.pages.map((page) => (
              <Link
                key={page.to}
                to={page.to}
                className="flex h-8 items-center gap-2.5 rounded-md px-2.5 text-ink-muted transition-colors hover:bg-hover hover:text-ink aria-[current=page]:bg-pressed/70 aria-[current=page]:font-medium aria-[current=page]:text-ink [&_svg]:size-4"
              >
                <page.icon aria-hidden />
                {t(page.label)}
              </Link>
            ))}
          </div>
        ))}
      </nav>
      <div className="min-w-0 flex-1">
        <div className="mb-3 lg:hidden">
          <Menu
            align="start"
            className="w-64"
            trigger={
              <Button variant="ghost" size="sm" icon={<Settings2 />} className="-ml-2.5">
                {t('title')}
                <ChevronDown className="text-ink-faint" aria-hidden />
              </Button>
            }
            entries={entries}
          />
        </div>
        <Outlet />
      </div>
    </div>
  )
}
