import { Tooltip as Radix } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { Kbd } from './Kbd'

export const TooltipProvider = Radix.Provider

/** Says what a control does on hover and focus. Its only child must take a ref; the name itself belongs in aria-label. */
export function Tooltip({
  label,
  shortcut,
  side = 'top',
  children,
}: {
  label: ReactNode
  shortcut?: string
  side?: 'top' | 'right' | 'bottom' | 'left'
  children: ReactElement
}) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-72 items-center gap-2 rounded-sm bg-[light-dark(#1f2025,#34363d)] px-2 py-1 text-xs text-white shadow-md data-[state=delayed-open]:animate-fade-in"
        >
          {label}
          {shortcut ? <Kbd tone="onDark">{shortcut}</Kbd> : null}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
