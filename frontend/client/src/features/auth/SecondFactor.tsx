import { entrance, type SecondStep } from '@keyreel/api'
import { Button, CodeInput, Field, Input } from '@keyreel/ui'
import { useMutation } from '@tanstack/react-query'
import { Fingerprint, KeyRound, ShieldCheck, Smartphone } from 'lucide-react'
import { useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { AuthPanel, textLink } from './AuthPanel'
import { PasskeyButton } from './PasskeyButton'
import { canUsePasskeys } from './passkeys'

type Method = SecondStep['methods'][number]

const icons = { totp: <Smartphone />, passkey: <Fingerprint />, recovery_code: <KeyRound /> }

/** The second step of a sign-in: a code of the authenticator app, a passkey, or a recovery code. */
export function SecondFactor({
  step,
  onEntered,
  onStartAgain,
}: {
  step: SecondStep
  onEntered: () => unknown
  onStartAgain: () => void
}) {
  const { t } = useTranslation('auth')
  const methods = step.methods.filter((method) => method !== 'passkey' || canUsePasskeys)
  const [method, setMethod] = useState<Method>(methods[0] ?? 'recovery_code')
  return (
    <AuthPanel
      icon={<ShieldCheck />}
      title={t('second.title')}
      detail={t(`second.${method}.detail`)}
      footer={
        <button type="button" className={textLink} onClick={onStartAgain}>
          {t('second.startAgain')}
        </button>
      }
    >
      {method === 'passkey' ? (
        <PasskeyButton label={t('second.passkey.use')} mfaToken={step.mfa_token} onEntered={onEntered} />
      ) : (
        <CodeStep key={method} method={method} mfaToken={step.mfa_token} onEntered={onEntered} />
      )}
      {methods.length > 1 ? (
        <div className="mt-2 flex flex-col gap-1 border-t border-line pt-4">
          {methods
            .filter((other) => other !== method)
            .map((other) => (
              <Button
                key={other}
                variant="ghost"
                className="justify-start"
                icon={icons[other]}
                onClick={() => {
                  setMethod(other)
                }}
              >
                {t(`second.${other}.choose`)}
              </Button>
            ))}
        </div>
      ) : null}
    </AuthPanel>
  )
}

function CodeStep({
  method,
  mfaToken,
  onEntered,
}: {
  method: 'totp' | 'recovery_code'
  mfaToken: string
  onEntered: () => unknown
}) {
  const { t } = useTranslation('auth')
  const [code, setCode] = useState('')
  const form = useRef<HTMLFormElement>(null)
  const send = useMutation({
    mutationFn: () => {
      const body = { mfa_token: mfaToken, code: code.trim() }
      return method === 'totp' ? entrance.signInWithTotp(body) : entrance.signInWithRecoveryCode(body)
    },
    meta: { quiet: true },
    onSuccess: onEntered,
    onError: () => {
      setCode('')
    },
  })
  const input = {
    value: code,
    autoFocus: true,
    required: true,
    onChange: (event: { target: { value: string } }) => {
      setCode(event.target.value)
    },
  }
  return (
    <form
      ref={form}
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault()
        send.mutate()
      }}
    >
      <ProblemCallout error={send.error} />
      <Field label={t(`second.${method}.label`)}>
        {method === 'totp' ? (
          <CodeInput {...input} onComplete={() => setTimeout(() => form.current?.requestSubmit())} />
        ) : (
          <Input {...input} autoComplete="off" spellCheck={false} className="h-11 font-mono" />
        )}
      </Field>
      <Button type="submit" variant="primary" size="lg" block pending={send.isPending}>
        {t('second.continue')}
      </Button>
    </form>
  )
}
