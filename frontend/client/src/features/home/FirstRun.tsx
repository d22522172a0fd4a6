import { Button, Card, EmptyState } from '@keyreel/ui'
import { Link } from '@tanstack/react-router'
import { ArrowRight, Film } from 'lucide-react'
import { useTranslation } from 'react-i18next'

/** Pictures that come with every studio. */
const STRIP = ['mountains-dusk', 'tea-cup', 'autumn-forest', 'ocean-sunset'] as const

/** A workspace without a video: one thing to do, and what it leads to. */
export function FirstRun({ may }: { may: boolean }) {
  const { t } = useTranslation('home')
  if (!may)
    return (
      <Card>
        <EmptyState icon={<Film />} title={t('recent.empty')} detail={t('first.wait')} />
      </Card>
    )
  return (
    <Card className="overflow-hidden">
      <div className="grid md:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="flex flex-col items-start justify-center gap-4 p-6 sm:p-8">
          <h2 className="text-xl font-semibold">{t('first.title')}</h2>
          <p className="max-w-prose text-base text-ink-muted">{t('first.detail')}</p>
          <Button asChild variant="primary" size="lg">
            <Link to="/create">
              {t('first.act')}
              <ArrowRight />
            </Link>
          </Button>
          <p className="text-xs text-ink-muted">{t('first.free')}</p>
        </div>
        <div aria-hidden className="relative min-h-56 overflow-hidden bg-black">
          <img
            src="/api/v1/samples/aurora-lake/file"
            alt=""
            className="absolute inset-0 size-full object-cover"
          />
          <p className="absolute inset-x-4 bottom-24 text-center text-lg font-extrabold text-white [-webkit-text-stroke:0.08em_black] [paint-order:stroke_fill]">
            {t('first.caption.before')} <span className="text-[#ffcc00]">{t('first.caption.word')}</span>{' '}
            {t('first.caption.after')}
          </p>
          <div className="absolute inset-x-4 bottom-4 grid grid-cols-4 gap-2">
            {STRIP.map((name) => (
              <img
                key={name}
                src={`/api/v1/samples/${name}/file`}
                alt=""
                className="aspect-video w-full rounded-sm border border-white/40 object-cover shadow-md"
              />
            ))}
          </div>
        </div>
      </div>
      <ol className="grid border-t border-line sm:grid-cols-3">
        {(['write', 'watch', 'share'] as const).map((step, index) => (
          <li
            key={step}
            className="flex gap-3 border-line p-5 not-first:border-t sm:not-first:border-t-0 sm:not-first:border-l"
          >
            <span className="flex size-6 shrink-0 items-center justify-center rounded-full bg-accent-soft text-xs font-semibold text-accent-text figures">
              {index + 1}
            </span>
            <div>
              <p className="font-medium">{t(`first.${step}.title`)}</p>
              <p className="text-ink-muted">{t(`first.${step}.detail`)}</p>
            </div>
          </li>
        ))}
      </ol>
    </Card>
  )
}
