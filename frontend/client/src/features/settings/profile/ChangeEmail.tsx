import { account } from '@keyreel/api'
import { Button, Callout, Dialog, Field, Input, PasswordField } from '@keyreel/ui'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { useAct } from '@/app/useAct'

/** Moves the account to another address: a letter goes there, and its link finishes. */
export function ChangeEmail() {
  const { t } = useTranslation(['settings', 'common'])
  const form = useId()
  const [open, setOpen] = useState(false)
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const ask = useAct(account.changeEmail, { quiet: true, secret: true })

  function show(next: boolean) {
    setOpen(next)
    setEmail('')
    setPassword('')
    ask.reset()
  }

  return (
    <Dialog
      open={open}
      onOpenChange={show}
      size="sm"
      trigger={<Button size="sm">{t('profile.changeEmail')}</Button>}
      title={t('profile.changeEmail')}
      description={ask.isSuccess ? undefined : t('profile.changeEmailDetail')}
      footer={
        ask.isSuccess ? (
          <Button
            variant="primary"
            onClick={() => {
              show(false)
            }}
          >
            {t('common:act.close')}
          </Button>
        ) : (
          <Button
            type="submit"
            form={form}
            variant="primary"
            pending={ask.isPending}
            disabled={!email || !password}
          >
            {t('profile.sendLink')}
          </Button>
        )
      }
    >
      {ask.isSuccess ? (
        <Callout tone="success">{t('profile.emailSent', { email: ask.variables.email })}</Callout>
      ) : (
        <form
          id={form}
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            ask.mutate({ email: email.trim(), password })
          }}
        >
          <ProblemCallout error={ask.error} />
          <Field label={t('profile.newEmail')}>
            <Input
              type="email"
              autoComplete="email"
              value={email}
              onChange={(event) => {
                setEmail(event.target.value)
              }}
            />
          </Field>
          <PasswordField
            label={t('yourPassword')}
            autoComplete="current-password"
            value={password}
            onChange={(event) => {
              setPassword(event.target.value)
            }}
          />
        </form>
      )}
    </Dialog>
  )
}
