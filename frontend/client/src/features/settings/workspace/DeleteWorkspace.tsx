import { workspace as api } from '@keyreel/api'
import { Button, ConfirmDialog, PasswordField, Section } from '@keyreel/ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { useGoOnElsewhere } from './useGoOnElsewhere'

export function DeleteWorkspace() {
  const { t } = useTranslation('settings')
  const { workspace } = useSession()
  const [password, setPassword] = useState('')
  const goOn = useGoOnElsewhere()
  const remove = useAct(api.remove, {
    quiet: true,
    secret: true,
    done: t('workspace.deleted', { name: workspace.name }),
    onDone: goOn,
  })
  return (
    <Section
      title={t('workspace.delete')}
      detail={t('workspace.deleteDetail')}
      aside={
        <ConfirmDialog
          trigger={<Button variant="danger-quiet">{t('workspace.delete')}</Button>}
          title={t('workspace.deleteQuestion', { name: workspace.name })}
          description={t('workspace.deleteWarning')}
          action={t('workspace.delete')}
          typedName={workspace.name}
          onOpenChange={() => {
            setPassword('')
            remove.reset()
          }}
          onConfirm={() => remove.mutateAsync({ name: workspace.name, password })}
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
