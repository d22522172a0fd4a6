import { type AuditEntry, workspace } from '@keyreel/api'
import { Button, Card, DataTable, EmptyState } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { ScrollText } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Listing } from '@/app/Listing'
import { useFormats } from '@/i18n/format'
import { SettingsPage } from '../SettingsPage'
import { ActionName } from './ActionName'
import { ChainCheck } from './ChainCheck'
import { EntrySheet } from './EntrySheet'
import { useActors } from './useActors'

/** Who did what, when and from where; and whether the log is whole. */
export function AuditPage() {
  const { t } = useTranslation('settings')
  const entries = useInfiniteQuery(workspace.audit())
  const [shown, setShown] = useState<AuditEntry | null>(null)
  return (
    <SettingsPage title={t('audit.title')} detail={t('audit.detail')}>
      <ChainCheck />
      <Card>
        <Listing
          query={entries}
          empty={
            <EmptyState icon={<ScrollText />} title={t('audit.empty')} detail={t('audit.emptyDetail')} />
          }
        >
          {(rows) => <Entries rows={rows} onShow={setShown} />}
        </Listing>
      </Card>
      <EntrySheet
        entry={shown}
        onClose={() => {
          setShown(null)
        }}
      />
    </SettingsPage>
  )
}

function Entries({ rows, onShow }: { rows: AuditEntry[]; onShow: (entry: AuditEntry) => void }) {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  const nameOf = useActors()
  return (
    <DataTable
      label={t('audit.title')}
      className="[&_tbody_tr:first-child]:max-sm:border-t-0"
      rows={rows}
      rowKey={(entry) => String(entry.sequence)}
      columns={[
        {
          id: 'what',
          header: t('audit.what'),
          primary: true,
          cell: (entry) => (
            <span className="font-medium">
              <ActionName action={entry.action} />
            </span>
          ),
        },
        { id: 'who', header: t('audit.who'), cell: (entry) => nameOf(entry.actor) },
        {
          id: 'when',
          header: t('audit.when'),
          cell: (entry) => (
            <time dateTime={entry.at} className="whitespace-nowrap text-ink-muted figures">
              {formats.dateTime(entry.at)}
            </time>
          ),
        },
        {
          id: 'from',
          header: t('audit.from'),
          cell: (entry) => (
            <span className="font-mono text-xs break-all text-ink-muted">{entry.address ?? '–'}</span>
          ),
        },
        {
          id: 'more',
          header: t('audit.more'),
          actions: true,
          className: 'sm:text-right',
          cell: (entry) => (
            <Button
              size="sm"
              variant="ghost"
              className="max-sm:-ml-2.5"
              aria-label={t('audit.moreOf', { number: entry.sequence })}
              onClick={() => {
                onShow(entry)
              }}
            >
              {t('audit.more')}
            </Button>
          ),
        },
      ]}
    />
  )
}
