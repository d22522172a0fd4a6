import { Check } from 'lucide-react'
import { ContextMenu as RadixContext, DropdownMenu as RadixDropdown, Popover as RadixPopover } from 'radix-ui'
import type { ReactElement, ReactNode } from 'react'
import { cx } from './cx'
import { Kbd } from './Kbd'
import { itemStyle, popStyle } from './surfaces'

/** One line of a menu; `separator` draws a line, `heading` names a group. */
export type MenuEntry =
  | 'separator'
  | { heading: ReactNode }
  | {
      label: ReactNode
      icon?: ReactNode
      shortcut?: string
      danger?: boolean
      disabled?: boolean
      /** Draws a tick: the entry is one of several of which this one holds. */
      checked?: boolean
      onSelect: () => void
    }
  /** A link; `link` must be an anchor or router link around its own words. */
  | { link: ReactElement; icon?: ReactNode; key: string }

type Parts = Pick<typeof RadixDropdown, 'Item' | 'Separator' | 'Label'>

function Entries({ entries, parts: { Item, Separator, Label } }: { entries: MenuEntry[]; parts: Parts }) {
  return entries.map((entry, index) => {
    if (entry === 'separator') return <Separator key={index} className="-mx-1 my-1 h-px bg-line" />
    if ('heading' in entry)
      return (
        <Label key={index} className="px-2 pt-2 pb-1 text-xs font-medium text-ink-muted">
          {entry.heading}
        </Label>
      )
    if ('link' in entry)
      return (
        <Item key={entry.key} asChild className={itemStyle}>
          {entry.link}
        </Item>
      )
    return (
      <Item
        key={index}
        disabled={entry.disabled}
        onSelect={entry.onSelect}
        className={cx(
          itemStyle,
          entry.danger && 'text-danger-text data-highlighted:bg-danger-soft [&_svg]:text-danger-text!',
        )}
      >
        {entry.icon}
        <span className="min-w-0 flex-1 truncate">{entry.label}</span>
        {entry.checked ? <Check className="size-4 text-accent-text" aria-label="✓" /> : null}
        {entry.shortcut ? <Kbd>{entry.shortcut}</Kbd> : null}
      </Item>
    )
  })
}

/** A list of acts under a button. */
export function Menu({
  trigger,
  entries,
  header,
  align = 'end',
  side = 'bottom',
  className,
}: {
  trigger: ReactElement
  entries: MenuEntry[]
  header?: ReactNode
  align?: 'start' | 'center' | 'end'
  side?: 'top' | 'right' | 'bottom' | 'left'
  className?: string
}) {
  return (
    // Not modal: the page behind stays there for those who listen to it instead of looking.
    <RadixDropdown.Root modal={false}>
      <RadixDropdown.Trigger asChild>{trigger}</RadixDropdown.Trigger>
      <RadixDropdown.Portal>
        <RadixDropdown.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className={cx(popStyle, 'min-w-48 p-1', className)}
        >
          {header}
          <Entries entries={entries} parts={RadixDropdown} />
        </RadixDropdown.Content>
      </RadixDropdown.Portal>
    </RadixDropdown.Root>
  )
}

/** The same acts on a right click or a long press. */
export function ContextMenu({ entries, children }: { entries: MenuEntry[]; children: ReactElement }) {
  return (
    <RadixContext.Root modal={false}>
      <RadixContext.Trigger asChild>{children}</RadixContext.Trigger>
      <RadixContext.Portal>
        <RadixContext.Content collisionPadding={8} className={cx(popStyle, 'min-w-48 p-1')}>
          <Entries entries={entries} parts={RadixContext as unknown as Parts} />
        </RadixContext.Content>
      </RadixContext.Portal>
    </RadixContext.Root>
  )
}

/** Free content under a button. */
export function Popover({
  trigger,
  label,
  children,
  align = 'end',
  side = 'bottom',
  open,
  onOpenChange,
  className,
}: {
  trigger: ReactElement
  label: string
  children: ReactNode
  align?: 'start' | 'center' | 'end'
  side?: 'top' | 'right' | 'bottom' | 'left'
  open?: boolean
  onOpenChange?: (open: boolean) => void
  className?: string
}) {
  return (
    <RadixPopover.Root open={open} onOpenChange={onOpenChange}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal>
        <RadixPopover.Content
          aria-label={label}
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className={cx(popStyle, 'outline-none', className)}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  )
}
