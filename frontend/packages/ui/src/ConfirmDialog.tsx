import { AlertDialog as Radix } from 'radix-ui'
import { type ReactNode, useState } from 'react'
import { Button } from './Button'
import { cx } from './cx'
import { dialogFooterStyle } from './Dialog'
import { Field } from './Field'
import { Input } from './Input'
import { useLabels } from './labels'
import { scrimStyle } from './surfaces'

export interface ConfirmDialogProps {
  open?: boolean
  onOpenChange?: (open: boolean) => void
  trigger?: ReactNode
  title: ReactNode
  /** What will be gone and that it cannot be undone. */
  description: ReactNode
  /** The verb on the button: "Delete video". */
  action: string
  /** For the worst acts: the name that must be typed first. */
  typedName?: string
  danger?: boolean
  /** The dialog stays open, pending, until it settles; it closes on success and stays on failure. */
  onConfirm: () => unknown
  children?: ReactNode
}

/** Asks before an act that cannot be undone. */
export function ConfirmDialog({
  open: controlledOpen,
  onOpenChange,
  trigger,
  title,
  description,
  action,
  typedName,
  danger = true,
  onConfirm,
  children,
}: ConfirmDialogProps) {
  const labels = useLabels()
  const [ownOpen, setOwnOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const [pending, setPending] = useState(false)
  const open = controlledOpen ?? ownOpen

  function setOpen(next: boolean) {
    if (pending) return
    setTyped('')
    setOwnOpen(next)
    onOpenChange?.(next)
  }

  async function confirm() {
    setPending(true)
    try {
      await onConfirm()
      setOwnOpen(false)
      onOpenChange?.(false)
      setTyped('')
    } catch {
      // The caller's mutation has reported the failure; the question stays open for another try.
    } finally {
      setPending(false)
    }
  }

  return (
    <Radix.Root open={open} onOpenChange={setOpen}>
      {trigger ? <Radix.Trigger asChild>{trigger}</Radix.Trigger> : null}
      <Radix.Portal>
        <Radix.Overlay className={scrimStyle} />
        <Radix.Content
          className={cx(
            'fixed inset-x-0 bottom-0 z-40 mx-auto flex w-full flex-col overflow-hidden rounded-t-xl border border-line bg-raised shadow-lg outline-none data-[state=closed]:animate-rise-out data-[state=open]:animate-rise-in sm:top-[20dvh] sm:bottom-auto sm:max-w-md sm:rounded-xl sm:data-[state=closed]:animate-pop-out sm:data-[state=open]:animate-pop-in',
          )}
        >
          <form
            onSubmit={(event) => {
              event.preventDefault()
              void confirm()
            }}
          >
            <div className="flex flex-col gap-2 p-5">
              <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
              <Radix.Description className="text-ink-muted">{description}</Radix.Description>
              {children}
              {typedName ? (
                <Field className="mt-2" label={labels.typeToConfirm.replace('{{name}}', typedName)}>
                  <Input
                    value={typed}
                    autoComplete="off"
                    onChange={(event) => {
                      setTyped(event.target.value)
                    }}
                  />
                </Field>
              ) : null}
            </div>
            <div className={dialogFooterStyle}>
              <Radix.Cancel asChild>
                <Button data-escape disabled={pending}>
                  {labels.cancel}
                </Button>
              </Radix.Cancel>
              <Button
                type="submit"
                variant={danger ? 'danger' : 'primary'}
                pending={pending}
                disabled={typedName !== undefined && typed.trim() !== typedName}
              >
                {action}
              </Button>
            </div>
          </form>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
