import { ApiError } from '@keyreel/api'
import { Button, ErrorState } from '@keyreel/ui'
import { type ErrorComponentProps, useRouter } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { ProblemState } from './problems'

/** A page whose code or first question failed. After an update old files are gone: loading the page again helps. */
export function RouteFailure({ error, reset }: ErrorComponentProps) {
  const { t } = useTranslation()
  const router = useRouter()
  if (error instanceof ApiError)
    return (
      <ProblemState
        error={error}
        className="min-h-[70dvh] justify-center"
        onRetry={() => {
          reset()
          void router.invalidate()
        }}
      />
    )
  return (
    <ErrorState
      className="min-h-[70dvh] justify-center"
      title={t('pageFailed.title')}
      detail={t('pageFailed.detail')}
      action={
        <Button
          variant="primary"
          onClick={() => {
            location.reload()
          }}
        >
          {t('pageFailed.reload')}
        </Button>
      }
    />
  )
}
