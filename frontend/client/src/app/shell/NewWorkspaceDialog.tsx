import { workspace as api } from '@keyreel/api'
import { Button, Dialog, Field, Input } from '@keyreel/ui'
import { useMutation } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '../problems'
import { useEnterWorkspace } from './WorkspaceSwitcher'

export function NewWorkspaceDialog({
  open,
  onOpenChange,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
}) {
  const { t } = useTranslation()
  const form = useId()
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
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={t('workspace.new')}
      description={t('workspace.newDetail')}
      footer={
        <Button
          type="submit"
          form={form}
          variant="primary"
          pending={create.isPending}
          disabled={!name.trim()}
        >
          {t('workspace.create')}
        </Button>
      }
    >
      <form
        id={form}
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault()
          create.mutate()
        }}
      >
        <ProblemCallout error={create.error} />
        <Field label={t('workspace.name')}>
          <Input
            value={name}
            maxLength={80}
            autoComplete="organization"
            onChange={(event) => {
              setName(event.target.value)
            }}
          />
        </Field>
      </form>
    </Dialog>
  )
}
