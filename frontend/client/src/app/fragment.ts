import { useEffect, useState } from 'react'

/**
 * The token of a letter's link, `#token=…`. Read once, then taken out of the address, so that it is in no bookmark and
 * no screenshot.
 */
export function useFragmentToken(): string | null {
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token'))
  useEffect(() => {
    if (location.hash) history.replaceState(history.state, '', location.pathname + location.search)
  }, [])
  return token
}
