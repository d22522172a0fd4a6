import { workspace as api } from '@keyreel/api'
import { TextField } from '@keyreel/ui'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormDialog } from '../FormDialog'
import { useEnterWorkspace } from './useEnterWorkspace'

export function NewWorkspaceDialog({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  const enter = useEnterWorkspace()
  const create = useMutation({
    mutationFn: async () => enter.mutateAsync((await api.create(name.trim())).id),
    meta: { quiet: true },
    onSuccess: () => {
      onOpenChange(false)
      setName('')
    },
  })
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('workspace.new')}
      description={t('workspace.newDetail')}
      submit={t('workspace.create')}
      ready={Boolean(name.trim())}
      pending={create.isPending}
      error={create.error}
      onSubmit={create.mutate}
    >
      <TextField
        label={t('workspace.name')}
        value={name}
        maxLength={80}
        autoComplete="organization"
        onValue={setName}
      />
    </FormDialog>
  )
}
