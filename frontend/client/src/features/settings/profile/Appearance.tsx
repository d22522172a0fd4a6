import { account } from '@keyreel/api'
import { Section, Select } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { ThemeSwitch } from '@/app/ThemeSwitch'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { chooseLanguage, type Language, languages } from '@/i18n'

const options = Object.entries(languages).map(([value, label]) => ({ value: value as Language, label }))

export function Appearance() {
  const { t } = useTranslation(['settings', 'common'])
  const { user } = useSession()
  const save = useAct((locale: Language) => account.change({ locale }), {
    onDone: (_user, locale) => chooseLanguage(locale),
  })
  return (
    <Section title={t('profile.appearance')}>
      <div className="flex flex-col divide-y divide-line">
        <div className="flex flex-wrap items-center justify-between gap-3 pb-4">
          <div>
            <p className="font-medium">{t('common:language')}</p>
            <p className="text-ink-muted">{t('profile.languageDetail')}</p>
          </div>
          <Select
            aria-label={t('common:language')}
            className="w-44"
            value={save.isPending ? save.variables : user.locale}
            onChange={save.mutate}
            options={options}
          />
        </div>
        <div className="flex flex-wrap items-center justify-between gap-3 pt-4">
          <div>
            <p className="font-medium">{t('common:theme.label')}</p>
            <p className="text-ink-muted">{t('profile.themeDetail')}</p>
          </div>
          <ThemeSwitch />
        </div>
      </div>
    </Section>
  )
}
