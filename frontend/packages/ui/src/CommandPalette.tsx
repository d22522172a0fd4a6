import { Command } from 'cmdk'
import { Search } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import type { ReactNode } from 'react'
import { cx } from './cx'
import { Kbd } from './Kbd'
import { scrimStyle } from './surfaces'

export interface CommandGroup {
  heading: string
  commands: readonly {
    id: string
    label: string
    icon?: ReactNode
    /** Further words under which it is found. */
    keywords?: string[]
    shortcut?: string
    onSelect: () => void
  }[]
}

/** Every act of the app by its name, opened with ⌘K. */
export function CommandPalette({
  open,
  onOpenChange,
  label,
  placeholder,
  empty,
  groups,
}: {
  open: boolean
  onOpenChange: (open: boolean) => void
  label: string
  placeholder: string
  empty: string
  groups: readonly CommandGroup[]
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className={scrimStyle} />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed inset-x-3 top-[12dvh] z-40 mx-auto max-w-xl overflow-hidden rounded-xl border border-line bg-raised shadow-lg outline-none data-[state=closed]:animate-pop-out data-[state=open]:animate-pop-in"
        >
          <Radix.Title className="sr-only">{label}</Radix.Title>
          <Command label={label} loop>
            <div className="flex items-center gap-3 border-b border-line px-4">
              <Search className="size-4 shrink-0 text-ink-faint" aria-hidden />
              <Command.Input
                placeholder={placeholder}
                className="h-12 w-full bg-transparent text-base outline-none placeholder:text-ink-faint"
              />
              <Kbd>Esc</Kbd>
            </div>
            <Command.List className="max-h-[min(22rem,60dvh)] overflow-y-auto p-1.5">
              <Command.Empty className="px-3 py-8 text-center text-ink-muted">{empty}</Command.Empty>
              {groups.map((group) => (
                <Command.Group
                  key={group.heading}
                  heading={group.heading}
                  className="[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:pt-2.5 [&_[cmdk-group-heading]]:pb-1 [&_[cmdk-group-heading]]:text-xs [&_[cmdk-group-heading]]:font-medium [&_[cmdk-group-heading]]:text-ink-muted"
                >
                  {group.commands.map((command) => (
                    <Command.Item
                      key={command.id}
                      value={command.id}
                      keywords={[command.label, ...(command.keywords ?? [])]}
                      onSelect={() => {
                        onOpenChange(false)
                        command.onSelect()
                      }}
                      className={cx(
                        'flex h-9 tap cursor-pointer items-center gap-3 rounded-md px-2.5 data-[selected=true]:bg-hover [&_svg]:size-4 [&_svg]:text-ink-muted',
                      )}
                    >
                      {command.icon}
                      <span className="flex-1 truncate">{command.label}</span>
                      {command.shortcut ? <Kbd>{command.shortcut}</Kbd> : null}
                    </Command.Item>
                  ))}
                </Command.Group>
              ))}
            </Command.List>
          </Command>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}
