import { PasswordField } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'

/** The password one has, to prove that it is oneself. */
export function YourPassword({ value, onValue }: { value: string; onValue: (value: string) => void }) {
  const { t } = useTranslation('settings')
  return (
    <PasswordField
      label={t('yourPassword')}
      autoComplete="current-password"
      value={value}
      onChange={(event) => {
        onValue(event.target.value)
      }}
    />
  )
}
