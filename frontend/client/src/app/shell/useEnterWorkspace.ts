import { workspace } from '@keyreel/api'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { queryClient } from '../queryClient'

/** Goes on in another workspace: nothing read of the one before stays. */
export function useEnterWorkspace() {
  const navigate = useNavigate()
  return useMutation({
    mutationFn: workspace.enter,
    onSuccess: async () => {
      queryClient.clear()
      await navigate({ to: '/' })
    },
  })
}
