import { useRouter } from '@tanstack/react-router'
import { useCallback } from 'react'

/** Goes on after signing in: where the person wanted to go, else to the studio's first page. */
export function useEntered(next?: string): () => Promise<void> {
  const router = useRouter()
  return useCallback(() => router.navigate({ href: next ?? '/', replace: true }), [router, next])
}
