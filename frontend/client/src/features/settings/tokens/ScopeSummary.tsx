import type { Scope } from '@keyreel/api'
import { useTranslation } from 'react-i18next'
import { actOf, bySubject } from './scopes'

/** What a token may do, a chip a subject: "Videos: read, write". */
export function ScopeSummary({ scopes }: { scopes: readonly Scope[] }) {
  const { t, i18n } = useTranslation('settings')
  const list = new Intl.ListFormat(i18n.language, { type: 'unit', style: 'short' })
  return (
    <ul className="mt-2 flex flex-wrap gap-1.5">
      {bySubject(scopes).map(([subject, held]) => (
        <li key={subject} className="rounded-sm bg-hover px-1.5 py-0.5 text-xs text-ink-muted">
          <span className="font-medium text-ink">{t(`tokens.subject.${subject}`)}</span>{' '}
          {list.format(held.map((scope) => t(`tokens.act.${actOf(scope)}`)))}
        </li>
      ))}
    </ul>
  )
}
