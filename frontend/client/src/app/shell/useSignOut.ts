import { entrance } from '@keyreel/api'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { queryClient } from '../queryClient'

/** Signs out; whoever signs in next does not land on the page that was left. */
export function useSignOut() {
  const navigate = useNavigate()
  return useMutation({
    mutationFn: entrance.signOut,
    onSuccess: async () => {
      queryClient.clear()
      await navigate({ to: '/sign-in', replace: true })
    },
  })
}
