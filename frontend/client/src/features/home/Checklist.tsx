import { connections, workspace as workspaceQueries } from '@keyreel/api'
import { Card, IconButton, ProgressBar } from '@keyreel/ui'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { Check, ChevronRight, X } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMay, useSession } from '@/app/useSession'

/** The first steps of a workspace, for those who may take them; gone when all are taken or nobody wants them. */
export function Checklist({ made }: { made: boolean }) {
  const { workspace } = useSession()
  const stored = `keyreel.checklist.${workspace.id}`
  const [hidden, setHidden] = useState(() => localStorage.getItem(stored) === 'hidden')
  const mayConnect = useMay('keys:write')
  const mayInvite = useMay('members:write')
  if (hidden || !mayConnect || !mayInvite) return null
  return (
    <Steps
      made={made}
      onHide={() => {
        localStorage.setItem(stored, 'hidden')
        setHidden(true)
      }}
    />
  )
}

function Steps({ made, onHide }: { made: boolean; onHide: () => void }) {
  const { t } = useTranslation('home')
  const keys = useInfiniteQuery(connections.list())
  const members = useInfiniteQuery(workspaceQueries.members())
  const invitations = useInfiniteQuery(workspaceQueries.invitations())
  // What is not known yet is not asked for: the list comes when it is right.
  if (!keys.data || !members.data || !invitations.data) return null
  const steps = [
    { name: 'video', to: '/create', done: made },
    { name: 'key', to: '/settings/connections', done: keys.data.length > 0 },
    { name: 'invite', to: '/settings/members', done: members.data.length > 1 || invitations.data.length > 0 },
  ] as const
  const done = steps.filter((step) => step.done).length
  if (done === steps.length) return null
  return (
    <Card className="overflow-hidden">
      <div className="p-5 pb-3">
        <div className="flex items-start justify-between gap-3">
          <h2 className="font-semibold">{t('checklist.title')}</h2>
          <IconButton label={t('checklist.hide')} size="icon-sm" className="-mt-1.5 -mr-2" onClick={onHide}>
            <X />
          </IconButton>
        </div>
        <p className="mt-0.5 text-xs text-ink-muted figures">
          {t('checklist.done', { done, all: steps.length })}
        </p>
        <ProgressBar className="mt-3" value={done / steps.length} label={t('checklist.title')} />
      </div>
      <ul className="px-2 pb-2">
        {steps.map((step) => (
          <li key={step.name}>
            {step.done ? (
              <p className="flex min-h-11 items-center gap-3 px-3 text-ink-muted">
                <span className="flex size-5 items-center justify-center rounded-full bg-success-soft text-success-text">
                  <Check className="size-3.5" aria-hidden />
                </span>
                <span className="line-through">{t(`checklist.${step.name}`)}</span>
                <span className="sr-only">{t('checklist.isDone')}</span>
              </p>
            ) : (
              <Link
                to={step.to}
                className="flex min-h-11 items-center gap-3 rounded-md px-3 font-medium transition-colors hover:bg-hover"
              >
                <span className="size-5 rounded-full border-2 border-control" aria-hidden />
                <span className="flex-1">{t(`checklist.${step.name}`)}</span>
                <ChevronRight className="size-4 text-ink-faint" aria-hidden />
              </Link>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}
