import { Button } from '@keyreel/ui'
import { useMutation } from '@tanstack/react-query'
import { Fingerprint } from 'lucide-react'
import { ProblemCallout } from '@/app/problems'
import { signInWithPasskey, wasDismissed } from './passkeys'

/** Signs in with a passkey, as the whole of it or as its second step; what went wrong stands above. */
export function PasskeyButton({
  label,
  variant = 'primary',
  mfaToken,
  onEntered,
}: {
  label: string
  variant?: 'primary' | 'secondary'
  mfaToken?: string
  onEntered: () => unknown
}) {
  const passkey = useMutation({
    mutationFn: () => signInWithPasskey({ mfaToken }),
    meta: { quiet: true },
    onSuccess: onEntered,
  })
  return (
    <>
      <ProblemCallout error={wasDismissed(passkey.error) ? null : passkey.error} />
      <Button
        variant={variant}
        size="lg"
        block
        icon={<Fingerprint />}
        pending={passkey.isPending}
        onClick={() => {
          passkey.mutate()
        }}
      >
        {label}
      </Button>
    </>
  )
}
