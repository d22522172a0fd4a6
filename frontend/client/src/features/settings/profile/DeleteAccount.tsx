import { account } from '@keyreel/api'
import { Button, Section } from '@keyreel/ui'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { queryClient } from '@/app/queryClient'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { ConfirmWithPassword } from '../ConfirmWithPassword'

export function DeleteAccount() {
  const { t } = useTranslation('settings')
  const { user } = useSession()
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
        <ConfirmWithPassword
          trigger={<Button variant="danger-quiet">{t('profile.delete')}</Button>}
          title={t('profile.deleteQuestion')}
          description={t('profile.deleteWarning')}
          action={t('profile.delete')}
          typedName={user.email}
          act={remove}
        />
      }
    />
  )
}
