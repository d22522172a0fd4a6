const DAY = 24 * 60 * 60 * 1000

/** Days a token can live for; the server takes 1 to 366. */
export const lives = [30, 90, 180, 365] as const

/** Within two weeks: time to make another one. */
export function endsSoon(expiresAt: string, now = Date.now()): boolean {
  return new Date(expiresAt).getTime() - now < 14 * DAY
}

export function endOf(days: number, now = Date.now()): Date {
  return new Date(now + days * DAY)
}
