import { Button, Dialog } from '@keyreel/ui'
import { type ComponentProps, type ReactNode, useId } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from './problems'

interface FormDialogProps extends Omit<ComponentProps<typeof Dialog>, 'footer' | 'onOpenChange'> {
  onOpenChange: (open: boolean) => void
  /** The verb on the button. */
  submit: string
  /** What was typed may be sent. */
  ready: boolean
  /** It is on its way; with an outcome, that is still being found out. */
  pending: boolean
  /** The refusal that belongs to no field. */
  error: unknown
  onSubmit: () => void
  cancel?: boolean
  /** The fields say themselves what is wrong with them. */
  noValidate?: boolean
  /** What came of it: takes the form's place. */
  outcome?: ReactNode
}

/** A few fields over the page, and one act. */
export function FormDialog({
  submit,
  ready,
  pending,
  error,
  onSubmit,
  cancel = false,
  noValidate = false,
  outcome,
  children,
  ...dialog
}: FormDialogProps) {
  const { t } = useTranslation()
  const form = useId()
  function close() {
    dialog.onOpenChange(false)
  }
  return (
    <Dialog
      {...dialog}
      footer={
        outcome ? (
          <Button variant="primary" disabled={pending} onClick={close}>
            {t('act.close')}
          </Button>
        ) : (
          <>
            {cancel ? <Button onClick={close}>{t('act.cancel')}</Button> : null}
            <Button type="submit" form={form} variant="primary" pending={pending} disabled={!ready}>
              {submit}
            </Button>
          </>
        )
      }
    >
      {outcome ?? (
        // Nothing is filled in but where a field asks for it.
        <form
          id={form}
          noValidate={noValidate}
          autoComplete="off"
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault()
            // React tells it to the form that the trigger stands in, too.
            event.stopPropagation()
            onSubmit()
          }}
        >
          <ProblemCallout error={error} />
          {children}
        </form>
      )}
    </Dialog>
  )
}
