import { type ApiToken, keys, workspace } from '@keyreel/api'
import { Badge, Button, Card, ConfirmDialog, EmptyState } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { KeyRound, TriangleAlert } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { useAct } from '@/app/useAct'
import { useFormats } from '@/i18n/format'
import { SettingsPage } from '../SettingsPage'
import { CreateToken } from './CreateToken'
import { endsSoon } from './expiry'
import { ScopeSummary } from './ScopeSummary'

export function ApiTokensPage() {
  const { t } = useTranslation('settings')
  const tokens = useInfiniteQuery(workspace.apiTokens())
  return (
    <SettingsPage title={t('tokens.title')} detail={t('tokens.detail')} actions={<CreateToken />}>
      <Card>
        <Listing
          query={tokens}
          empty={
            <EmptyState icon={<KeyRound />} title={t('tokens.empty')} detail={t('tokens.emptyDetail')} />
          }
        >
          {(rows) => (
            <ul className="divide-y divide-line">
              {rows.map((token) => (
                <Row key={token.id} token={token} />
              ))}
            </ul>
          )}
        </Listing>
      </Card>
    </SettingsPage>
  )
}

function Row({ token }: { token: ApiToken }) {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const revoke = useAct(workspace.revokeApiToken, {
    done: t('tokens.revoked', { name: token.name }),
    refreshes: [keys.workspace.apiTokens],
  })
  return (
    <li className="flex flex-wrap items-start gap-x-4 gap-y-3 px-5 py-4">
      <div className="min-w-0 flex-1 basis-60">
        <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
          <span className="min-w-0 font-medium break-words">{token.name}</span>
          <code className="font-mono text-xs text-ink-muted">••••{token.last_four}</code>
          {endsSoon(token.expires_at) ? (
            <Badge tone="warning" icon={<TriangleAlert />}>
              {t('tokens.endsSoon')}
            </Badge>
          ) : null}
        </p>
        <p className="mt-0.5 text-xs text-ink-muted">
          {token.last_used_at
            ? t('tokens.used', { when: formats.relative(token.last_used_at) })
            : t('tokens.neverUsed')}
          {' · '}
          {t('tokens.ends', { when: formats.date(token.expires_at) })}
        </p>
        <ScopeSummary scopes={token.scopes} />
      </div>
      <ConfirmDialog
        trigger={
          <Button size="sm" variant="danger-quiet">
            {t('tokens.revoke')}
          </Button>
        }
        title={t('tokens.revokeQuestion', { name: token.name })}
        description={t('tokens.revokeWarning')}
        action={t('tokens.revoke')}
        onConfirm={() => revoke.mutateAsync(token.id)}
      />
    </li>
  )
}
