import { workspace as api } from '@keyreel/api'
import { Button, ConfirmDialog, Section } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { useGoOnElsewhere } from './useGoOnElsewhere'

export function LeaveWorkspace() {
  const { t } = useTranslation('settings')
  const { user, workspace } = useSession()
  const goOn = useGoOnElsewhere()
  const leave = useAct(() => api.removeMember(user.id), {
    quiet: true,
    done: t('workspace.left', { name: workspace.name }),
    onDone: goOn,
  })
  return (
    <Section
      title={t('workspace.leave')}
      detail={t('workspace.leaveDetail')}
      aside={
        <ConfirmDialog
          trigger={<Button>{t('workspace.leave')}</Button>}
          title={t('workspace.leaveQuestion', { name: workspace.name })}
          description={t('workspace.leaveWarning')}
          action={t('workspace.leave')}
          onOpenChange={() => {
            leave.reset()
          }}
          onConfirm={() => leave.mutateAsync()}
        >
          <ProblemCallout error={leave.error} className="mt-2" />
        </ConfirmDialog>
      }
    />
  )
}
