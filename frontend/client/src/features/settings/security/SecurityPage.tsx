import { useTranslation } from 'react-i18next'
import { SettingsPage } from '../SettingsPage'
import { ChangePassword } from './ChangePassword'
import { SecondFactors } from './SecondFactors'
import { Sessions } from './Sessions'

export function SecurityPage() {
  const { t } = useTranslation('settings')
  return (
    <SettingsPage title={t('security.title')} detail={t('security.detail')}>
      <SecondFactors />
      <ChangePassword />
      <Sessions />
    </SettingsPage>
  )
}
