import { account, keys } from '@keyreel/api'
import { Avatar, Button, Section, TextField } from '@keyreel/ui'
import { type FormEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { ChangeEmail } from './ChangeEmail'

export function AboutYou() {
  const { t } = useTranslation(['settings', 'common'])
  const { user } = useSession()
  const [name, setName] = useState(user.name)
  const save = useAct(account.change, { done: t('common:saved'), refreshes: [keys.account.me] })
  const changed = name.trim() !== user.name && name.trim() !== ''

  function submit(event: FormEvent) {
    event.preventDefault()
    save.mutate({ name: name.trim() })
  }

  return (
    <form onSubmit={submit}>
      <Section
        title={t('profile.about')}
        footer={
          <Button type="submit" variant="primary" disabled={!changed} pending={save.isPending}>
            {t('common:act.save')}
          </Button>
        }
      >
        <div className="flex flex-col gap-5 sm:flex-row">
          <Avatar name={name || '?'} className="size-14 text-lg" />
          <div className="flex flex-1 flex-col gap-5">
            <TextField
              label={t('profile.name')}
              className="sm:max-w-sm"
              value={name}
              maxLength={80}
              autoComplete="name"
              onValue={setName}
            />
            <div className="flex flex-wrap items-center justify-between gap-3">
              <div className="min-w-0">
                <p className="font-medium">{t('profile.email')}</p>
                <p className="truncate text-ink-muted">{user.email}</p>
              </div>
              <ChangeEmail />
            </div>
          </div>
        </div>
      </Section>
    </form>
  )
}
