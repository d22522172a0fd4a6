import { ConfirmDialog, type ConfirmDialogProps } from '@keyreel/ui'
import { useState } from 'react'
import { ProblemCallout } from '@/app/problems'
import { YourPassword } from './YourPassword'

interface ConfirmWithPasswordProps extends Omit<
  ConfirmDialogProps,
  'open' | 'onOpenChange' | 'onConfirm' | 'children'
> {
  act: {
    mutateAsync: (proof: { password: string }) => Promise<unknown>
    error: unknown
    reset: () => void
  }
}

/** Asks before the worst acts, for the password too. */
export function ConfirmWithPassword({ act, ...dialog }: ConfirmWithPasswordProps) {
  const [password, setPassword] = useState('')
  return (
    <ConfirmDialog
      {...dialog}
      onOpenChange={() => {
        setPassword('')
        act.reset()
      }}
      onConfirm={() => act.mutateAsync({ password })}
    >
      <ProblemCallout error={act.error} className="mt-2" />
      <div className="mt-2">
        <YourPassword value={password} onValue={setPassword} />
      </div>
    </ConfirmDialog>
  )
}
