import { ApiError, entrance, type SecondStep } from '@keyreel/api'
import { Button, Field, Input, PasswordField } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useMutation } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { useForm } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { z } from '@/app/zod'
import { AuthPanel, Divider, textLink } from './AuthPanel'
import { PasskeyButton } from './PasskeyButton'
import { canAutofillPasskeys, canUsePasskeys, passkeyWasUsed, signInWithPasskey } from './passkeys'
import { SecondFactor } from './SecondFactor'
import { useEntered } from './useEntered'

const route = getRouteApi('/door/sign-in')

export function SignInPage() {
  const { t } = useTranslation('auth')
  const { next } = route.useSearch()
  const entered = useEntered(next)
  const [step, setStep] = useState<SecondStep | null>(null)

  if (step !== null)
    return (
      <SecondFactor
        step={step}
        onEntered={entered}
        onStartAgain={() => {
          setStep(null)
        }}
      />
    )
  return (
    <AuthPanel
      title={t('signIn.title')}
      detail={next ? t('signIn.first') : undefined}
      footer={
        <>
          {t('signIn.new')}{' '}
          <Link to="/sign-up" search={next ? { next } : {}} className={textLink}>
            {t('signIn.toSignUp')}
          </Link>
        </>
      }
    >
      <Ways entered={entered} onSecondStep={setStep} />
    </AuthPanel>
  )
}

/** Passkey and password, the one that was used in this browser before first. */
function Ways({
  entered,
  onSecondStep,
}: {
  entered: () => unknown
  onSecondStep: (step: SecondStep) => void
}) {
  const { t } = useTranslation('auth')
  const passkeyFirst = canUsePasskeys && passkeyWasUsed()
  const passkeyButton = (
    <PasskeyButton
      label={t('signIn.passkey')}
      variant={passkeyFirst ? 'primary' : 'secondary'}
      onEntered={entered}
    />
  )
  const passwordForm = <PasswordForm primary={!passkeyFirst} entered={entered} onSecondStep={onSecondStep} />
  if (!canUsePasskeys) return passwordForm
  return passkeyFirst ? (
    <>
      {passkeyButton}
      <Divider>{t('or')}</Divider>
      {passwordForm}
    </>
  ) : (
    <>
      {passwordForm}
      <Divider>{t('or')}</Divider>
      {passkeyButton}
    </>
  )
}

function PasswordForm({
  primary,
  entered,
  onSecondStep,
}: {
  primary: boolean
  entered: () => unknown
  onSecondStep: (step: SecondStep) => void
}) {
  const { t } = useTranslation('auth')
  const form = useForm({
    resolver: zodResolver(
      z.object({
        email: z.string().trim().min(1, t('field.emailNeeded')),
        password: z.string().min(1, t('field.passwordNeeded')),
      }),
    ),
    defaultValues: { email: '', password: '' },
  })
  usePasskeyAutofill(entered)
  const signIn = useMutation({
    mutationFn: entrance.signIn,
    meta: { quiet: true },
    onSuccess: (answer) => {
      if ('mfa_token' in answer) onSecondStep(answer)
      else void entered()
    },
    onError: (error) => {
      if (error instanceof ApiError && error.code === 'invalid_credentials') form.resetField('password')
      form.setFocus('password')
    },
  })
  const { errors } = form.formState
  return (
    <form
      noValidate
      className="flex flex-col gap-4"
      onSubmit={form.handleSubmit((values) => {
        signIn.mutate(values)
      })}
    >
      <ProblemCallout error={signIn.error} />
      <Field label={t('field.email')} error={errors.email?.message}>
        <Input
          type="email"
          autoComplete="username webauthn"
          autoFocus={primary}
          className="h-11"
          {...form.register('email')}
        />
      </Field>
      <PasswordField
        label={t('field.password')}
        autoComplete="current-password"
        error={errors.password?.message}
        aside={
          <Link to="/forgot-password" className={textLink}>
            {t('signIn.forgot')}
          </Link>
        }
        className="h-11"
        {...form.register('password')}
      />
      <Button
        type="submit"
        variant={primary ? 'primary' : 'secondary'}
        size="lg"
        block
        pending={signIn.isPending}
        className="mt-1"
      >
        {t('signIn.submit')}
      </Button>
    </form>
  )
}

/** Lets the browser offer passkeys among the suggestions of the e-mail field. */
function usePasskeyAutofill(entered: () => unknown) {
  useEffect(() => {
    const stop = new AbortController()
    async function offer() {
      if (!(await canAutofillPasskeys())) return
      await signInWithPasskey({ autofill: true, signal: stop.signal })
      await entered()
    }
    // Autofill is an offer: when it can't be made, the button and the form below still work and report for themselves.
    offer().catch(() => undefined)
    return () => {
      stop.abort()
    }
  }, [entered])
}
