import { Tabs as Radix } from 'radix-ui'
import type { ReactNode } from 'react'

export function Tabs<Value extends string>({
  value,
  onChange,
  label,
  tabs,
}: {
  value: Value
  onChange: (value: Value) => void
  label: string
  tabs: readonly { value: Value; label: ReactNode; content: ReactNode }[]
}) {
  return (
    <Radix.Root
      value={value}
      onValueChange={(next) => {
        onChange(next as Value)
      }}
    >
      <Radix.List aria-label={label} className="flex gap-5 overflow-x-auto border-b border-line">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className="-mb-px tap border-b-2 border-transparent pt-1 pb-2.5 font-medium whitespace-nowrap text-ink-muted transition-colors hover:text-ink data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="pt-5 outline-offset-4">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
