import { useEffect, useEffectEvent, useRef } from 'react'

/** Does something that must not happen twice, when the page is first shown: a link's token works once. */
export function useOnce(work: () => void): void {
  const done = useRef(false)
  const latest = useEffectEvent(work)
  useEffect(() => {
    if (done.current) return
    done.current = true
    latest()
  }, [])
}
