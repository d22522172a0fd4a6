import { Segmented } from '@keyreel/ui'
import { Monitor, Moon, Sun } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { chooseTheme, useTheme } from './theme'

/** Light, dark, or as the system is. */
export function ThemeSwitch({ className }: { className?: string }) {
  const { t } = useTranslation()
  return (
    <Segmented
      className={className}
      label={t('theme.label')}
      value={useTheme()}
      onChange={chooseTheme}
      choices={[
        { value: 'light', label: t('theme.light'), icon: <Sun /> },
        { value: 'dark', label: t('theme.dark'), icon: <Moon /> },
        { value: 'system', label: t('theme.system'), icon: <Monitor /> },
      ]}
    />
  )
}
