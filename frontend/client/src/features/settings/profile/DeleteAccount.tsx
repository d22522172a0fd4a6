import { account } from '@keyreel/api'
import { Button, ConfirmDialog, PasswordField, Section } from '@keyreel/ui'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { queryClient } from '@/app/queryClient'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'

export function DeleteAccount() {
  const { t } = useTranslation('settings')
  const { user } = useSession()
  const [password, setPassword] = useState('')
  const navigate = useNavigate()
  const remove = useAct(account.remove, {
    quiet: true,
    secret: true,
    done: t('profile.deleted'),
    onDone: async () => {
      queryClient.clear()
      await navigate({ to: '/sign-in', replace: true })
    },
  })
  return (
    <Section
      title={t('profile.delete')}
      detail={t('profile.deleteDetail')}
      aside={
        <ConfirmDialog
          trigger={<Button variant="danger-quiet">{t('profile.delete')}</Button>}
          title={t('profile.deleteQuestion')}
          description={t('profile.deleteWarning')}
          action={t('profile.delete')}
          typedName={user.email}
          onOpenChange={() => {
            setPassword('')
            remove.reset()
          }}
          onConfirm={() => remove.mutateAsync({ password })}
        >
          <ProblemCallout error={remove.error} className="mt-2" />
          <div className="mt-2">
            <PasswordField
              label={t('yourPassword')}
              autoComplete="current-password"
              value={password}
              onChange={(event) => {
                setPassword(event.target.value)
              }}
            />
          </div>
        </ConfirmDialog>
      }
    />
  )
}
