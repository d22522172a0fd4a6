import { workspace as api } from '@keyreel/api'
import { Button, Section } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { ConfirmWithPassword } from '../ConfirmWithPassword'
import { useGoOnElsewhere } from './useGoOnElsewhere'

export function DeleteWorkspace() {
  const { t } = useTranslation('settings')
  const { workspace } = useSession()
  const goOn = useGoOnElsewhere()
  const remove = useAct(
    ({ password }: { password: string }) => api.remove({ name: workspace.name, password }),
    {
      quiet: true,
      secret: true,
      done: t('workspace.deleted', { name: workspace.name }),
      onDone: goOn,
    },
  )
  return (
    <Section
      title={t('workspace.delete')}
      detail={t('workspace.deleteDetail')}
      aside={
        <ConfirmWithPassword
          trigger={<Button variant="danger-quiet">{t('workspace.delete')}</Button>}
          title={t('workspace.deleteQuestion', { name: workspace.name })}
          description={t('workspace.deleteWarning')}
          action={t('workspace.delete')}
          typedName={workspace.name}
          act={remove}
        />
      }
    />
  )
}
