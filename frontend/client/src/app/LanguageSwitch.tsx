import { Button, Menu } from '@keyreel/ui'
import { ChevronDown, Languages } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { chooseLanguage, currentLanguage, type Language, languages } from '@/i18n'

/** Language of the page, for people who are not signed in. */
export function LanguageSwitch() {
  const { t } = useTranslation()
  const current = currentLanguage()
  return (
    <Menu
      trigger={
        <Button
          variant="ghost"
          size="sm"
          icon={<Languages />}
          aria-label={`${t('language')}: ${languages[current]}`}
        >
          {languages[current]}
          <ChevronDown className="size-3.5" />
        </Button>
      }
      entries={Object.entries(languages).map(([language, name]) => ({
        label: <span lang={language}>{name}</span>,
        checked: language === current,
        onSelect: () => {
          void chooseLanguage(language as Language)
        },
      }))}
    />
  )
}
