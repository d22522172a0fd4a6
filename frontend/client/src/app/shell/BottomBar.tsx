import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { create, places } from './navigation'

const itemStyle =
  'flex min-h-14 flex-1 flex-col items-center justify-center gap-0.5 rounded-md text-xs font-medium text-ink-muted aria-[current=page]:text-accent-text [&_svg]:size-5'

/** The main places within reach of a thumb; creating is in the middle. */
export function BottomBar() {
  const { t } = useTranslation()
  const links = places.map((place) => (
    <Link key={place.to} to={place.to} activeOptions={{ exact: place.exact }} className={itemStyle}>
      <place.icon aria-hidden />
      <span className="max-w-full truncate">{t(place.label)}</span>
    </Link>
  ))
  return (
    <nav
      aria-label={t('nav.label')}
      className="fixed inset-x-0 bottom-0 z-30 flex border-t border-line bg-surface px-1 pb-[env(safe-area-inset-bottom)] md:hidden"
    >
      {links.slice(0, 2)}
      <Link to={create.to} className={itemStyle}>
        <span className="flex h-7 w-11 items-center justify-center rounded-full bg-accent text-accent-ink">
          <create.icon aria-hidden />
        </span>
        <span className="max-w-full truncate">{t(create.label)}</span>
      </Link>
      {links.slice(2)}
    </nav>
  )
}
