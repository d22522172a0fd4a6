import { account, keys } from '@keyreel/api'
import { Button, Callout, ConfirmDialog, CopyButton, Dialog } from '@keyreel/ui'
import { Download } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'

/** The codes, once: to be kept before the dialog closes. */
export function RecoveryCodes({ codes, onClose }: { codes: readonly string[]; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const text = codes.join('\n')

  function download() {
    const address = URL.createObjectURL(new Blob([`${text}\n`], { type: 'text/plain' }))
    const link = document.createElement('a')
    link.href = address
    link.download = 'keyreel-recovery-codes.txt'
    link.click()
    URL.revokeObjectURL(address)
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('security.recovery.keep')}
      description={t('security.recovery.keepDetail')}
      footer={
        <>
          <CopyButton text={text}>{t('security.recovery.copy')}</CopyButton>
          <Button icon={<Download />} onClick={download}>
            {t('security.recovery.download')}
          </Button>
          <Button variant="primary" onClick={onClose}>
            {t('security.recovery.kept')}
          </Button>
        </>
      }
    >
      <ol className="grid grid-cols-2 gap-x-6 gap-y-2 rounded-lg border border-line bg-sunken p-4 text-center font-mono text-sm">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ol>
      <Callout tone="warning" className="mt-4">
        {t('security.recovery.once')}
      </Callout>
    </Dialog>
  )
}

export function NewRecoveryCodes({ onCodes }: { onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation('settings')
  const renew = useAct(account.newRecoveryCodes, {
    secret: true,
    refreshes: [keys.account.factors],
    onDone: ({ recovery_codes }) => {
      onCodes(recovery_codes)
    },
  })
  return (
    <ConfirmDialog
      trigger={<Button>{t('security.recovery.new')}</Button>}
      title={t('security.recovery.newQuestion')}
      description={t('security.recovery.newWarning')}
      action={t('security.recovery.new')}
      danger={false}
      onConfirm={() => renew.mutateAsync()}
    />
  )
}
