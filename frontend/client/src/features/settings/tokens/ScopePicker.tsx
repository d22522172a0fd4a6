import type { Scope } from '@keyreel/api'
import { Checkbox } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { actOf, bySubject } from './scopes'

/** Every permission the person holds, a line a subject. */
export function ScopePicker({
  held,
  chosen,
  onChange,
}: {
  held: readonly Scope[]
  chosen: readonly Scope[]
  onChange: (scopes: Scope[]) => void
}) {
  const { t } = useTranslation('settings')
  return (
    <div className="divide-y divide-line rounded-lg border border-line">
      {bySubject(held).map(([subject, scopes]) => (
        <fieldset key={subject} className="flex flex-col gap-x-4 gap-y-2 px-3.5 py-2.5 sm:flex-row">
          <legend className="sr-only">{t(`tokens.subject.${subject}`)}</legend>
          <span aria-hidden className="w-28 shrink-0 font-medium">
            {t(`tokens.subject.${subject}`)}
          </span>
          <div className="flex flex-1 flex-wrap gap-x-5 gap-y-2">
            {scopes.map((scope) => (
              <Checkbox
                key={scope}
                label={t(`tokens.act.${actOf(scope)}`)}
                checked={chosen.includes(scope)}
                onChange={(checked) => {
                  onChange(checked ? [...chosen, scope] : chosen.filter((other) => other !== scope))
                }}
              />
            ))}
          </div>
        </fieldset>
      ))}
    </div>
  )
}
