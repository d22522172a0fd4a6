import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { z } from '@/app/zod'

/** Characters the server asks of a password at least. */
const SHORTEST = 10

/** What can be said of a password before the server has seen it. */
export function usePasswordSchema() {
  const { t } = useTranslation('auth')
  return useMemo(() => z.string().min(SHORTEST, t('field.passwordShort', { least: SHORTEST })), [t])
}

/** Name, e-mail address and password of a new account. */
export function useAccountSchema() {
  const { t } = useTranslation('auth')
  const password = usePasswordSchema()
  return useMemo(
    () =>
      z.object({
        name: z.string().trim().min(1, t('field.nameNeeded')).max(80),
        email: z.string().trim().min(1, t('field.emailNeeded')).max(320),
        password,
      }),
    [t, password],
  )
}
