import { CircleAlert, CircleCheck, Info, X } from 'lucide-react'
import { Toast as Radix } from 'radix-ui'
import { useSyncExternalStore } from 'react'
import { Button, IconButton } from './Button'
import { useLabels } from './labels'

export interface ToastMessage {
  title: string
  detail?: string
  tone?: 'success' | 'info' | 'danger'
  /** Takes the act back; the button closes the toast. */
  onUndo?: () => void
  action?: { label: string; onSelect: () => void }
}

interface ShownToast extends ToastMessage {
  id: number
}

let shown: readonly ShownToast[] = []
let nextId = 1
const listeners = new Set<() => void>()

function change(next: readonly ShownToast[]) {
  shown = next
  for (const listener of listeners) listener()
}

function subscribe(listener: () => void) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Shows a message at the corner of the page: from any code, also outside components. At most three at a time. */
export function toast(message: ToastMessage): void {
  change([...shown.slice(-2), { ...message, id: nextId++ }])
}

const icons = {
  success: <CircleCheck className="text-success-text" />,
  info: <Info className="text-accent-text" />,
  danger: <CircleAlert className="text-danger-text" />,
}

/**
 * Radix gives Escape to what came up last. A toast that came up over a dialog passes it on: the dialog has the focus, or
 * nothing has, when the button that was pressed is waiting for its act.
 */
function passEscapeOn(event: KeyboardEvent) {
  if (!(event.target instanceof Element)) return
  const place = event.target.closest('[role="dialog"], [role="alertdialog"], body')
  if (place === document.body && event.target !== place) return
  const wayOut = Array.from(place?.querySelectorAll<HTMLElement>('[data-escape]') ?? []).at(-1)
  if (wayOut === undefined) return
  event.preventDefault()
  wayOut.click()
}

/** Draws what `toast()` was given; once, at the root of the app. */
export function Toaster() {
  const toasts = useSyncExternalStore(subscribe, () => shown)
  const labels = useLabels()
  return (
    <Radix.Provider swipeDirection="down" label={labels.notifications}>
      {toasts.map((message) => (
        <Radix.Root
          key={message.id}
          type={message.tone === 'danger' ? 'foreground' : 'background'}
          duration={message.onUndo || message.action || message.tone === 'danger' ? 10_000 : 5_000}
          onEscapeKeyDown={passEscapeOn}
          onOpenChange={(open) => {
            if (!open) change(shown.filter((other) => other.id !== message.id))
          }}
          className="flex w-full items-start gap-3 rounded-lg border border-line bg-raised py-3 pr-2 pl-4 shadow-lg data-[state=open]:animate-rise-in data-[swipe=move]:translate-y-(--radix-toast-swipe-move-y)"
        >
          <span className="mt-0.5 [&_svg]:size-4" aria-hidden>
            {icons[message.tone ?? 'success']}
          </span>
          <div className="min-w-0 flex-1">
            <Radix.Title className="font-medium">{message.title}</Radix.Title>
            {message.detail ? (
              <Radix.Description className="text-ink-muted">{message.detail}</Radix.Description>
            ) : null}
          </div>
          {message.action ? (
            <Radix.Action asChild altText={message.action.label}>
              <Button size="sm" onClick={message.action.onSelect} className="-my-1">
                {message.action.label}
              </Button>
            </Radix.Action>
          ) : null}
          {message.onUndo ? (
            <Radix.Action asChild altText={labels.undo}>
              <Button size="sm" onClick={message.onUndo} className="-my-1">
                {labels.undo}
              </Button>
            </Radix.Action>
          ) : null}
          <Radix.Close asChild>
            <IconButton label={labels.dismiss} size="icon-sm" className="-my-1">
              <X />
            </IconButton>
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed inset-x-4 bottom-20 z-50 flex flex-col gap-2 outline-none md:right-5 md:bottom-5 md:left-auto md:w-96" />
    </Radix.Provider>
  )
}
