import { account, asApiError, keys } from '@keyreel/api'
import { Button, PasswordField, Section } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMemo, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ProblemCallout, showViolations } from '@/app/problems'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'
import { z } from '@/app/zod'

export function ChangePassword() {
  const { t } = useTranslation('settings')
  const { user } = useSession()
  const schema = useMemo(
    () =>
      z.object({
        current: z.string().min(1, t('security.password.currentNeeded')),
        new: z.string().min(10, t('security.password.short')),
      }),
    [t],
  )
  const form = useForm({ resolver: zodResolver(schema), defaultValues: { current: '', new: '' } })
  const [unplaced, setUnplaced] = useState(false)
  const change = useAct(account.changePassword, {
    quiet: true,
    secret: true,
    done: t('security.password.done'),
    refreshes: [keys.account.sessions],
    onDone: () => {
      form.reset()
    },
  })
  const { errors } = form.formState
  return (
    <form
      noValidate
      onSubmit={form.handleSubmit((values) => {
        change.mutate(values, {
          onError: (error) => {
            setUnplaced(showViolations(asApiError(error), ['current', 'new'], form.setError))
          },
        })
      })}
    >
      <Section
        title={t('security.password.title')}
        detail={t('security.password.detail')}
        footer={
          <Button type="submit" variant="primary" pending={change.isPending}>
            {t('security.password.submit')}
          </Button>
        }
      >
        {/* Password managers file the new password under this name. */}
        <input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
        <div className="flex flex-col gap-4 sm:max-w-sm">
          <ProblemCallout error={unplaced ? change.error : null} />
          <PasswordField
            label={t('security.password.current')}
            autoComplete="current-password"
            error={errors.current?.message}
            {...form.register('current')}
          />
          <PasswordField
            label={t('security.password.new')}
            autoComplete="new-password"
            hint={t('security.password.hint')}
            error={errors.new?.message}
            {...form.register('new')}
          />
        </div>
      </Section>
    </form>
  )
}
