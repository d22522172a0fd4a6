import { Button, Callout, Dialog } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { onlyThis } from './network'
import type { NetworkChange } from './useNetworkChange'

/** Asked when the list would shut the person out: keep the own address in, or do it all the same. */
export function LockOutDialog({
  yourAddress,
  change: { save, question },
}: {
  yourAddress: string | null
  change: NetworkChange
}) {
  const { t } = useTranslation('settings')
  return (
    <Dialog
      open={question !== null}
      onOpenChange={save.reset}
      title={t('networks.lockOut.title')}
      footer={
        question === null ? null : (
          <>
            <Button
              variant="danger-quiet"
              onClick={() => {
                save.mutate({ networks: question, force: true })
              }}
            >
              {t('networks.lockOut.force')}
            </Button>
            {yourAddress === null ? null : (
              <Button
                variant="primary"
                onClick={() => {
                  save.mutate({ networks: [...question, onlyThis(yourAddress)] })
                }}
              >
                {t('networks.lockOut.keepMe')}
              </Button>
            )}
          </>
        )
      }
    >
      <Callout tone="warning">{t('networks.lockOut.warning', { address: yourAddress ?? '?' })}</Callout>
      <p className="mt-4 text-ink-muted">{t('networks.lockOut.wayBack')}</p>
    </Dialog>
  )
}
