import { account } from '@keyreel/api'
import { Badge, Loading, Section, Skeleton } from '@keyreel/ui'
import { useQuery } from '@tanstack/react-query'
import { Fingerprint, KeyRound, ShieldCheck, ShieldOff, Smartphone } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemState } from '@/app/problems'
import { AddPasskey, PasskeyList } from './Passkeys'
import { NewRecoveryCodes, RecoveryCodes } from './RecoveryCodes'
import { RemoveTotp, SetUpTotp } from './Totp'

/** Two-step sign-in: authenticator app, passkeys, and the codes for when both are lost. */
export function SecondFactors() {
  const { t } = useTranslation('settings')
  const factors = useQuery(account.factors())
  const [codes, setCodes] = useState<string[] | null>(null)
  if (factors.isPending)
    return (
      <Section title={t('security.factors.title')} detail={t('security.factors.detail')}>
        <Loading className="space-y-4">
          <Skeleton className="h-10" />
          <Skeleton className="h-10" />
        </Loading>
      </Section>
    )
  if (factors.isError)
    return (
      <Section title={t('security.factors.title')}>
        <ProblemState error={factors.error} onRetry={() => void factors.refetch()} />
      </Section>
    )
  const { totp, passkeys, recovery_codes_left } = factors.data
  const protectedBy = totp || passkeys.length > 0
  return (
    <Section
      title={t('security.factors.title')}
      detail={t('security.factors.detail')}
      aside={
        protectedBy ? (
          <Badge tone="success" icon={<ShieldCheck />}>
            {t('security.factors.on')}
          </Badge>
        ) : (
          <Badge tone="warning" icon={<ShieldOff />}>
            {t('security.factors.off')}
          </Badge>
        )
      }
    >
      <div className="divide-y divide-line">
        <Factor
          icon={<Smartphone />}
          title={t('security.totp.title')}
          detail={totp ? t('security.totp.isOn') : t('security.totp.detail')}
          act={totp ? <RemoveTotp /> : <SetUpTotp onCodes={setCodes} />}
        />
        <Factor
          icon={<Fingerprint />}
          title={t('security.passkeys.title')}
          detail={t('security.passkeys.detail')}
          act={<AddPasskey />}
        >
          <PasskeyList passkeys={passkeys} />
        </Factor>
        {protectedBy ? (
          <Factor
            icon={<KeyRound />}
            title={t('security.recovery.title')}
            detail={t('security.recovery.left', { count: recovery_codes_left })}
            act={<NewRecoveryCodes onCodes={setCodes} />}
          />
        ) : null}
      </div>
      {codes ? (
        <RecoveryCodes
          codes={codes}
          onClose={() => {
            setCodes(null)
          }}
        />
      ) : null}
    </Section>
  )
}

function Factor({
  icon,
  title,
  detail,
  act,
  children,
}: {
  icon: ReactNode
  title: string
  detail: string
  act: ReactNode
  children?: ReactNode
}) {
  return (
    <div className="py-4 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <span
          aria-hidden
          className="flex size-9 shrink-0 items-center justify-center rounded-md border border-line text-ink-muted [&_svg]:size-4.5"
        >
          {icon}
        </span>
        <div className="min-w-0 flex-1 basis-52">
          <h3 className="font-medium">{title}</h3>
          <p className="text-pretty text-ink-muted">{detail}</p>
        </div>
        <div className="max-sm:w-full max-sm:pl-13">{act}</div>
      </div>
      {children}
    </div>
  )
}
