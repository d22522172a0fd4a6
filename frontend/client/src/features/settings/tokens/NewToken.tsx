import type { NewApiToken } from '@keyreel/api'
import { Button, Callout, CopyButton, Dialog } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'

/** The only time a token is seen. */
export function NewToken({ token, onClose }: { token: NewApiToken; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const example = `curl -H "Authorization: Bearer $TOKEN" \\\n  ${location.origin}/api/v1/videos`
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={t('tokens.made', { name: token.name })}
      description={t('tokens.madeDetail')}
      footer={
        <>
          <CopyButton text={token.token}>{t('tokens.copy')}</CopyButton>
          <Button variant="primary" onClick={onClose}>
            {t('tokens.kept')}
          </Button>
        </>
      }
    >
      <code className="block rounded-lg border border-line bg-sunken p-4 font-mono text-sm break-all select-all">
        {token.token}
      </code>
      <Callout tone="warning" className="mt-4">
        {t('tokens.once')}
      </Callout>
      <p className="mt-5 mb-1.5 font-medium">{t('tokens.example')}</p>
      <pre
        className="overflow-x-auto rounded-lg border border-line bg-sunken p-4 font-mono text-xs"
        tabIndex={0}
      >
        {example}
      </pre>
    </Dialog>
  )
}
