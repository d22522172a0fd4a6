import { account, keys } from '@keyreel/api'
import { Button, CodeInput, CopyButton, Field, Loading, Skeleton } from '@keyreel/ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '@/app/FormDialog'
import { useAct } from '@/app/useAct'
import { ConfirmWithPassword } from '../ConfirmWithPassword'

/** Scan, type one code. What comes of it, the recovery codes, outlives this: once the app is set up, this is gone. */
export function SetUpTotp({ onCodes }: { onCodes: (codes: string[]) => void }) {
  const { t } = useTranslation(['settings', 'common'])
  const [open, setOpen] = useState(false)
  const [code, setCode] = useState('')
  const begin = useAct(account.setUpTotp, { quiet: true, secret: true })
  const digits = code.replaceAll(/\D/g, '')
  const confirm = useAct(
    async (typed: string) => {
      const { recovery_codes } = await account.confirmTotp(typed)
      setOpen(false)
      onCodes(recovery_codes)
    },
    { quiet: true, refreshes: [keys.account.factors], done: t('security.totp.done') },
  )

  function show(next: boolean) {
    setOpen(next)
    setCode('')
    confirm.reset()
    if (next) begin.mutate()
    else begin.reset()
  }

  return (
    <>
      <Button
        onClick={() => {
          show(true)
        }}
      >
        {t('security.totp.setUp')}
      </Button>
      <FormDialog
        open={open}
        onOpenChange={show}
        title={t('security.totp.setUpTitle')}
        description={t('security.totp.scan')}
        submit={t('security.totp.confirm')}
        ready={digits.length === 6}
        pending={confirm.isPending}
        error={begin.error ?? confirm.error}
        onSubmit={() => {
          confirm.mutate(digits)
        }}
      >
        <div className="flex flex-col gap-5 sm:flex-row">
          <div className="mx-auto shrink-0 rounded-lg border border-line bg-white p-3 sm:mx-0">
            {begin.data ? (
              <img
                alt={t('security.totp.qr')}
                src={`data:image/svg+xml,${encodeURIComponent(begin.data.qr_svg)}`}
                className="size-40"
              />
            ) : (
              <Loading>
                <Skeleton className="size-40" />
              </Loading>
            )}
          </div>
          <div className="flex min-w-0 flex-1 flex-col gap-4">
            <div>
              <p className="font-medium">{t('security.totp.byHand')}</p>
              <div className="mt-1 flex items-center gap-1">
                <code className="min-w-0 flex-1 font-mono text-xs break-all text-ink-muted">
                  {begin.data?.secret.replaceAll(/(.{4})(?=.)/g, '$1 ')}
                </code>
                {begin.data ? <CopyButton text={begin.data.secret} size="icon-sm" /> : null}
              </div>
            </div>
            <Field label={t('security.totp.code')}>
              <CodeInput
                value={code}
                onChange={(event) => {
                  setCode(event.target.value)
                }}
              />
            </Field>
          </div>
        </div>
      </FormDialog>
    </>
  )
}

export function RemoveTotp() {
  const { t } = useTranslation(['settings', 'common'])
  const remove = useAct(account.removeTotp, {
    quiet: true,
    secret: true,
    done: t('security.totp.removed'),
    refreshes: [keys.account.factors],
  })
  return (
    <ConfirmWithPassword
      trigger={<Button>{t('common:act.remove')}</Button>}
      title={t('security.totp.removeQuestion')}
      description={t('security.totp.removeWarning')}
      action={t('common:act.remove')}
      act={remove}
    />
  )
}
