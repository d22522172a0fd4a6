import { WifiOff } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useLiveStatus } from '../live'

/** Says when what is shown may be old, and when it is not any more. */
export function ConnectionNotice() {
  const { t } = useTranslation()
  const offline = useLiveStatus() === 'offline'
  return (
    <div role="status">
      {offline ? (
        <p className="flex items-center justify-center gap-2 bg-warning-soft px-4 py-1.5 text-xs font-medium text-warning-text">
          <WifiOff className="size-3.5" aria-hidden />
          {t('offline')}
        </p>
      ) : null}
    </div>
  )
}
