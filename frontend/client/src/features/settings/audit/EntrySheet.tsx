import type { AuditEntry } from '@keyreel/api'
import { CopyButton, Sheet } from '@keyreel/ui'
import { ArrowRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import { ActionName } from './ActionName'
import { changesOf } from './entries'
import { useActors } from './useActors'

/** All that is kept of one act. */
export function EntrySheet({ entry, onClose }: { entry: AuditEntry | null; onClose: () => void }) {
  const { t } = useTranslation('settings')
  const formats = useFormats()
  return (
    <Sheet
      open={entry !== null}
      onOpenChange={onClose}
      title={entry ? <ActionName action={entry.action} /> : ''}
      description={
        entry ? t('audit.number', { number: entry.sequence, when: formats.dateTime(entry.at) }) : undefined
      }
    >
      {entry ? <Entry entry={entry} /> : null}
    </Sheet>
  )
}

function Entry({ entry }: { entry: AuditEntry }) {
  const { t } = useTranslation('settings')
  const nameOf = useActors()
  const changes = changesOf(entry)
  return (
    <dl className="flex flex-col divide-y divide-line">
      <Line name={t('audit.who')}>
        {nameOf(entry.actor)}
        <Id>{entry.actor}</Id>
      </Line>
      <Line name={t('audit.target')}>
        <Id>{entry.target}</Id>
      </Line>
      <Line name={t('audit.from')}>
        <Id>{entry.address ?? '–'}</Id>
      </Line>
      {entry.reason ? <Line name={t('audit.reason')}>{entry.reason}</Line> : null}
      {changes.length > 0 ? (
        <Line name={t('audit.change')}>
          <ul className="flex flex-col gap-2">
            {changes.map((change) => (
              <li key={change.name}>
                <p className="text-xs text-ink-muted">{change.name.replaceAll('_', ' ')}</p>
                <p className="flex flex-wrap items-center gap-2 break-all">
                  {change.before === null ? null : (
                    <>
                      <del className="text-ink-muted">{change.before}</del>
                      <ArrowRight className="size-3.5 shrink-0 text-ink-faint" aria-hidden />
                    </>
                  )}
                  <ins className="no-underline">{change.after ?? '–'}</ins>
                </p>
              </li>
            ))}
          </ul>
        </Line>
      ) : null}
      <Line name={t('audit.hash')}>
        <span className="flex items-start gap-1">
          <Id>{entry.hash}</Id>
          <CopyButton text={entry.hash} size="icon-sm" />
        </span>
      </Line>
    </dl>
  )
}

function Line({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="py-3 first:pt-0">
      <dt className="mb-0.5 text-xs font-medium text-ink-muted">{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Id({ children }: { children: string }) {
  return <code className="block min-w-0 flex-1 font-mono text-xs break-all text-ink-muted">{children}</code>
}
