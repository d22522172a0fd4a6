import type { Role } from '@keyreel/api'
import { Avatar, Menu } from '@keyreel/ui'
import { ChevronsUpDown, Plus } from 'lucide-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useSession } from '../useSession'
import { NewWorkspaceDialog } from './NewWorkspaceDialog'
import { useEnterWorkspace } from './useEnterWorkspace'

export function WorkspaceSwitcher() {
  const { t } = useTranslation()
  const { workspace, workspaces } = useSession()
  const enter = useEnterWorkspace()
  const [creating, setCreating] = useState(false)
  return (
    <>
      <Menu
        align="start"
        className="w-64"
        trigger={
          <button
            type="button"
            className="flex h-10 tap min-w-0 flex-1 items-center gap-2.5 rounded-md px-1.5 text-left transition-colors hover:bg-hover data-[state=open]:bg-hover"
          >
            <Avatar name={workspace.name} shape="square" />
            <span className="min-w-0 flex-1 truncate font-semibold">
              <span className="sr-only">{t('workspace.switch')}: </span>
              {workspace.name}
            </span>
            <ChevronsUpDown className="size-4 shrink-0 text-ink-faint" aria-hidden />
          </button>
        }
        entries={[
          { heading: t('workspace.all') },
          ...workspaces.map((one) => ({
            icon: <Avatar name={one.name} shape="square" />,
            label: <Choice name={one.name} role={one.role} />,
            checked: one.id === workspace.id,
            disabled: enter.isPending,
            onSelect: () => {
              if (one.id !== workspace.id) enter.mutate(one.id)
            },
          })),
          'separator' as const,
          {
            icon: <Plus />,
            label: t('workspace.new'),
            onSelect: () => {
              setCreating(true)
            },
          },
        ]}
      />
      <NewWorkspaceDialog open={creating} onOpenChange={setCreating} />
    </>
  )
}

function Choice({ name, role }: { name: string; role: Role }) {
  const { t } = useTranslation()
  return (
    <span className="flex min-w-0 flex-col leading-tight">
      <span className="truncate">{name}</span>
      <span className="text-xs text-ink-muted">{t(`role.${role}`)}</span>
    </span>
  )
}
