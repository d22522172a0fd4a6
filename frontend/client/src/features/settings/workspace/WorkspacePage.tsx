import { useTranslation } from 'react-i18next'
import { useMay } from '@/app/useSession'
import { SettingsPage } from '../SettingsPage'
import { DeleteWorkspace } from './DeleteWorkspace'
import { LeaveWorkspace } from './LeaveWorkspace'
import { WorkspaceName } from './WorkspaceName'

export function WorkspacePage() {
  const { t } = useTranslation('settings')
  const mayChange = useMay('workspace:write')
  return (
    <SettingsPage title={t('workspace.title')} detail={t('workspace.detail')}>
      <WorkspaceName mayChange={mayChange} />
      <LeaveWorkspace />
      {mayChange ? <DeleteWorkspace /> : null}
    </SettingsPage>
  )
}
