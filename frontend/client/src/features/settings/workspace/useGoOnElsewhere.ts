import { workspace as api } from '@keyreel/api'
import { useNavigate } from '@tanstack/react-router'
import { useCallback } from 'react'
import { queryClient } from '@/app/queryClient'

/** After the workspace was left or deleted: on in another one of the person's, with nothing kept of this one. */
export function useGoOnElsewhere(): () => Promise<void> {
  const navigate = useNavigate()
  return useCallback(async () => {
    await api.enterAny()
    queryClient.clear()
    await navigate({ to: '/' })
  }, [navigate])
}
