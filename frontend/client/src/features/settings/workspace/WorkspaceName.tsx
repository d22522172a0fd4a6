import { keys, workspace as api } from '@keyreel/api'
import { Avatar, Button, CopyButton, Section, TextField } from '@keyreel/ui'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'
import { useSession } from '@/app/useSession'

/** What the workspace is called, and the id that programs name it by. */
export function WorkspaceName({ mayChange }: { mayChange: boolean }) {
  const { t } = useTranslation(['settings', 'common'])
  const { workspace } = useSession()
  const [name, setName] = useState(workspace.name)
  const rename = useAct(api.rename, { done: t('common:saved'), refreshes: [keys.workspace.detail] })
  const changed = name.trim() !== workspace.name && name.trim() !== ''
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        rename.mutate(name.trim())
      }}
    >
      <Section
        title={t('workspace.about')}
        detail={mayChange ? t('workspace.nameDetail') : t('workspace.nameByOwner')}
        footer={
          mayChange ? (
            <Button type="submit" variant="primary" disabled={!changed} pending={rename.isPending}>
              {t('common:act.save')}
            </Button>
          ) : null
        }
      >
        <div className="flex gap-5">
          <Avatar name={name || '?'} shape="square" className="mt-6.5 size-9 text-base" />
          <div className="flex min-w-0 flex-1 flex-col gap-5">
            <TextField
              label={t('workspace.name')}
              className="sm:max-w-sm"
              value={name}
              maxLength={80}
              autoComplete="organization"
              disabled={!mayChange}
              onValue={setName}
            />
            <div>
              <p className="font-medium">{t('workspace.id')}</p>
              <div className="flex items-center gap-1">
                <code className="min-w-0 font-mono text-xs break-all text-ink-muted">{workspace.id}</code>
                <CopyButton text={workspace.id} size="icon-sm" />
              </div>
            </div>
          </div>
        </div>
      </Section>
    </form>
  )
}
