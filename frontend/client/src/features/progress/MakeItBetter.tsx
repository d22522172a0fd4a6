import { connections, videos } from '@keyreel/api'
import { Card } from '@keyreel/ui'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { AudioLines, ImagePlus, Images, Lightbulb, Music } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useMay } from '@/app/useSession'

const gains = [
  { name: 'footage', unlocks: ['image.search', 'video.search'], icon: <Images /> },
  { name: 'voice', unlocks: ['speech'], icon: <AudioLines /> },
  { name: 'pictures', unlocks: ['image.generate'], icon: <ImagePlus /> },
  { name: 'script', unlocks: ['script'], icon: <Lightbulb /> },
  { name: 'music', unlocks: ['music.search'], icon: <Music /> },
] as const

/** After the first video: what the key of an outside service adds. Not shown again once that is known. */
export function MakeItBetter() {
  const may = useMay('keys:write')
  return may ? <Offers /> : null
}

function Offers() {
  const { t } = useTranslation('progress')
  const connected = useInfiniteQuery(connections.list())
  const made = useInfiniteQuery(videos.list({ status: ['ready'] }))
  const connectors = useQuery(connections.connectors())
  if (connected.data?.length !== 0 || made.data?.length !== 1 || !connectors.data) return null
  const known = connectors.data
  const offers = gains
    .map((gain) => ({
      ...gain,
      by: known.filter(({ unlocks }) => gain.unlocks.some((each) => unlocks.includes(each))),
    }))
    .filter(({ by }) => by.length > 0)
  return (
    <section aria-labelledby="better">
      <h2 id="better" className="text-base font-semibold">
        {t('better.title')}
      </h2>
      <p className="mt-0.5 text-ink-muted">{t('better.detail')}</p>
      <ul className="mt-4 grid gap-3 sm:grid-cols-2">
        {offers.map(({ name, icon, by }) => (
          <li key={name}>
            <Card className="relative flex h-full items-start gap-3 p-4 transition-colors focus-within:border-line-strong hover:border-line-strong hover:bg-hover">
              <span
                aria-hidden
                className="flex size-9 shrink-0 items-center justify-center rounded-md bg-accent-soft text-accent-text [&_svg]:size-4"
              >
                {icon}
              </span>
              <div className="min-w-0">
                <Link
                  to="/settings/connections"
                  className="rounded-sm font-medium after:absolute after:inset-0 after:rounded-lg"
                >
                  {t(`better.${name}.title`)}
                </Link>
                <p className="text-ink-muted">{t(`better.${name}.detail`)}</p>
                <p className="mt-1 text-xs text-ink-muted">
                  {by.map((connector) => connector.name).join(', ')}
                </p>
              </div>
            </Card>
          </li>
        ))}
      </ul>
    </section>
  )
}
