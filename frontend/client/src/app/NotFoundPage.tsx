import { Button, Logo } from '@keyreel/ui'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'

export function NotFoundPage() {
  const { t } = useTranslation()
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center px-6 text-center">
      <title>{`${t('notFound.title')} · Keyreel`}</title>
      <Logo />
      <p className="mt-12 font-mono text-sm text-ink-muted figures">404</p>
      <h1 className="mt-2 text-xl font-semibold">{t('notFound.title')}</h1>
      <p className="mt-2 max-w-sm text-ink-muted">{t('notFound.detail')}</p>
      <Button asChild variant="primary" className="mt-6">
        <Link to="/">{t('notFound.home')}</Link>
      </Button>
    </main>
  )
}
