import { account, type BrowserSession, keys } from '@keyreel/api'
import { Badge, Button, ConfirmDialog, Section } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { CircleDot, Monitor } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { useAct } from '@/app/useAct'
import { useFormats } from '@/i18n/format'

/** Where the account is signed in, and the way to end it. */
export function Sessions() {
  const { t } = useTranslation('settings')
  const sessions = useInfiniteQuery(account.sessions())
  const endOthers = useAct(account.endOtherSessions, {
    done: t('security.sessions.endedOthers'),
    refreshes: [keys.account.sessions],
  })
  const others = sessions.data?.some((session) => !session.current) ?? false
  return (
    <Section
      title={t('security.sessions.title')}
      detail={t('security.sessions.detail')}
      aside={
        others ? (
          <ConfirmDialog
            trigger={<Button>{t('security.sessions.endOthers')}</Button>}
            title={t('security.sessions.endOthersQuestion')}
            description={t('security.sessions.endOthersWarning')}
            action={t('security.sessions.endOthers')}
            onConfirm={() => endOthers.mutateAsync()}
          />
        ) : null
      }
    >
      <div className="-mx-5 -mb-5 border-t border-line">
        <Listing query={sessions} empty={null}>
          {(rows) => (
            <ul className="divide-y divide-line">
              {rows.map((session) => (
                <Row key={session.id} session={session} />
              ))}
            </ul>
          )}
        </Listing>
      </div>
    </Section>
  )
}

function Row({ session }: { session: BrowserSession }) {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const end = useAct(account.endSession, {
    done: t('security.sessions.ended'),
    refreshes: [keys.account.sessions],
  })
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-3">
      <Monitor className="size-4 shrink-0 text-ink-muted" aria-hidden />
      <div className="min-w-0 flex-1">
        <p className="flex flex-wrap items-center gap-2 font-medium">
          {session.device}
          {session.current ? (
            <Badge tone="success" icon={<CircleDot />}>
              {t('security.sessions.current')}
            </Badge>
          ) : null}
        </p>
        <p className="text-xs text-ink-muted">
          {t('security.sessions.about', {
            address: session.address,
            when: formats.relative(session.last_seen_at),
          })}
        </p>
      </div>
      {session.current ? null : (
        <Button
          size="sm"
          pending={end.isPending}
          onClick={() => {
            end.mutate(session.id)
          }}
        >
          {t('security.sessions.end')}
        </Button>
      )}
    </li>
  )
}
