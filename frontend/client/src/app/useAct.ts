import { toast } from '@keyreel/ui'
import { type QueryKey, useMutation, useQueryClient } from '@tanstack/react-query'

interface ActOptions<Input, Output> {
  /** Said in a toast when it is done. */
  done?: string | ((output: Output, input: Input) => string)
  /** What has to be read again. */
  refreshes?: readonly QueryKey[]
  /** The page shows a failure itself; else a toast does. */
  quiet?: boolean
  /** What goes in or comes out is a secret: it is forgotten with the component, or at its `reset`. */
  secret?: boolean
  onDone?: (output: Output, input: Input) => unknown
}

/** A mutation that says what it did and brings the lists it changed up to date. */
export function useAct<Input = void, Output = unknown>(
  work: (input: Input) => Promise<Output>,
  { done, refreshes = [], quiet = false, secret = false, onDone }: ActOptions<Input, Output> = {},
) {
  const cache = useQueryClient()
  return useMutation({
    mutationFn: work,
    meta: { quiet },
    ...(secret ? { gcTime: 0 } : {}),
    onSuccess: async (output, input) => {
      await Promise.all(refreshes.map((queryKey) => cache.invalidateQueries({ queryKey })))
      if (done !== undefined) toast({ title: typeof done === 'string' ? done : done(output, input) })
      await onDone?.(output, input)
    },
  })
}
