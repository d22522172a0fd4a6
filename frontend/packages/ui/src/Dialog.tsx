import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { Button } from './Button'
import { cx } from './cx'
import { useLabels } from './labels'
import { scrimStyle } from './surfaces'

export const DialogTrigger = Radix.Trigger
export const DialogClose = Radix.Close

interface DialogProps {
  open?: boolean
  onOpenChange?: (open: boolean) => void
  trigger?: ReactNode
  title: ReactNode
  description?: ReactNode
  children?: ReactNode
  /** Buttons at the foot, the main one last. */
  footer?: ReactNode
  size?: 'sm' | 'md' | 'lg'
}

const widths = { sm: 'sm:max-w-sm', md: 'sm:max-w-lg', lg: 'sm:max-w-2xl' }

function Header({ title, description }: { title: ReactNode; description?: ReactNode }) {
  return (
    <div className="flex flex-col gap-1 px-5 pt-5 pr-14">
      <Radix.Title className="text-base font-semibold">{title}</Radix.Title>
      {description ? <Radix.Description className="text-ink-muted">{description}</Radix.Description> : null}
    </div>
  )
}

/** Without a tooltip: a dialog may open with the focus here, and Escape would close the tooltip instead. */
function CloseButton() {
  return (
    <Radix.Close asChild>
      <Button
        variant="ghost"
        size="icon-sm"
        data-escape
        aria-label={useLabels().close}
        className="absolute top-4 right-4"
      >
        <X />
      </Button>
    </Radix.Close>
  )
}

export const dialogFooterStyle =
  'flex flex-col-reverse gap-2 border-t border-line bg-canvas px-5 py-3.5 sm:flex-row sm:justify-end'

/** A question or short form over the page: centred, or a sheet from below on a phone. Escape and the veil close it. */
export function Dialog({
  open,
  onOpenChange,
  trigger,
  title,
  description,
  children,
  footer,
  size = 'md',
}: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {trigger ? <Radix.Trigger asChild>{trigger}</Radix.Trigger> : null}
      <Radix.Portal>
        <Radix.Overlay className={scrimStyle} />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          className={cx(
            'fixed inset-x-0 bottom-0 z-40 mx-auto flex max-h-[92dvh] w-full flex-col overflow-hidden rounded-t-xl border border-line bg-raised shadow-lg outline-none data-[state=closed]:animate-rise-out data-[state=open]:animate-rise-in sm:top-[12dvh] sm:bottom-auto sm:max-h-[76dvh] sm:rounded-xl sm:data-[state=closed]:animate-pop-out sm:data-[state=open]:animate-pop-in',
            widths[size],
          )}
        >
          <Header title={title} description={description} />
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-5">{children}</div>
          {footer ? <div className={dialogFooterStyle}>{footer}</div> : null}
          <CloseButton />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** A panel at the right edge, as high as the page: details of one item beside the list it came from. */
export function Sheet({ open, onOpenChange, trigger, title, description, children, footer }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      {trigger ? <Radix.Trigger asChild>{trigger}</Radix.Trigger> : null}
      <Radix.Portal>
        <Radix.Overlay className={scrimStyle} />
        <Radix.Content
          {...(description ? {} : { 'aria-describedby': undefined })}
          onOpenAutoFocus={(event) => {
            // Read from its beginning, not from its first button.
            event.preventDefault()
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus()
          }}
          className="fixed inset-y-0 right-0 z-40 flex w-full flex-col border-l border-line bg-raised shadow-lg outline-none data-[state=closed]:animate-slide-out data-[state=open]:animate-slide-in sm:max-w-md"
        >
          <Header title={title} description={description} />
          <div className="min-h-0 flex-1 overflow-y-auto px-5 pt-4 pb-5">{children}</div>
          {footer ? <div className={dialogFooterStyle}>{footer}</div> : null}
          <CloseButton />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
