import { useTranslation } from 'react-i18next'
import { SettingsPage } from '../SettingsPage'
import { AboutYou } from './AboutYou'
import { Appearance } from './Appearance'
import { DeleteAccount } from './DeleteAccount'

export function ProfilePage() {
  const { t } = useTranslation('settings')
  return (
    <SettingsPage title={t('profile.title')} detail={t('profile.detail')}>
      <AboutYou />
      <Appearance />
      <DeleteAccount />
    </SettingsPage>
  )
}
