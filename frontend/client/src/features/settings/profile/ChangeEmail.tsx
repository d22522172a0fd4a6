import { account } from '@keyreel/api'
import { Button, Callout, TextField } from '@keyreel/ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '@/app/FormDialog'
import { useAct } from '@/app/useAct'
import { YourPassword } from '../YourPassword'

/** Moves the account to another address: a letter goes there, and its link finishes. */
export function ChangeEmail() {
  const { t } = useTranslation('settings')
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
    <FormDialog
      open={open}
      onOpenChange={show}
      size="sm"
      trigger={<Button size="sm">{t('profile.changeEmail')}</Button>}
      title={t('profile.changeEmail')}
      description={ask.isSuccess ? undefined : t('profile.changeEmailDetail')}
      submit={t('profile.sendLink')}
      ready={Boolean(email && password)}
      pending={ask.isPending}
      error={ask.error}
      onSubmit={() => {
        ask.mutate({ email: email.trim(), password })
      }}
      outcome={
        ask.isSuccess ? (
          <Callout tone="success">{t('profile.emailSent', { email: ask.variables.email })}</Callout>
        ) : null
      }
    >
      <TextField
        label={t('profile.newEmail')}
        type="email"
        autoComplete="email"
        value={email}
        onValue={setEmail}
      />
      <YourPassword value={password} onValue={setPassword} />
    </FormDialog>
  )
}
