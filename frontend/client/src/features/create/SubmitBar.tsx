import { Button } from '@keyreel/ui'
import { Clapperboard } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import type { Guess } from './estimate'

/** On small screens the main act stays in reach, over the navigation, however long the page is. */
export function SubmitBar({ guess, pending }: { guess: Guess; pending: boolean }) {
  const { t } = useTranslation('create')
  const formats = useFormats()
  return (
    <div className="sticky bottom-[calc(4rem+env(safe-area-inset-bottom)+0.5rem)] z-20 flex items-center gap-3 rounded-lg border border-line bg-raised p-2 pl-4 shadow-md md:bottom-4 lg:hidden">
      <p className="min-w-0 flex-1 leading-tight text-ink-muted figures">
        <span className="block text-xs">{t('run.length')}</span>
        <span className="font-medium text-ink">
          {guess.words === 0 ? '–' : t('run.about', { duration: formats.duration(guess.seconds) })}
        </span>
      </p>
      <Button type="submit" variant="primary" size="lg" icon={<Clapperboard />} pending={pending}>
        {t('submit')}
      </Button>
    </div>
  )
}
