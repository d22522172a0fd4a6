/** Milliseconds to wait before attempt `attempt + 1`: full jitter under a doubling limit. */
export function backoff(attempt: number, { first, most }: { first: number; most: number }): number {
  return Math.random() * Math.min(most, first * 2 ** attempt)
}

/** Waits; an abort ends the wait early, without an error. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done, { once: true })
    function done() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}
