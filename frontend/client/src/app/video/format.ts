const named: readonly [string, number][] = [
  ['16:9', 16 / 9],
  ['9:16', 9 / 16],
  ['1:1', 1],
  ['4:5', 4 / 5],
  ['4:3', 4 / 3],
]

/** The shape of a picture as people name it, `16:9`; null for one that has no name. */
export function aspectOf(width: number, height: number): string | null {
  const ratio = width / height
  return named.find(([, exact]) => Math.abs(ratio / exact - 1) < 0.01)?.[0] ?? null
}

/** How many lines it has, as people say it: the shorter side, `1080p`. */
export function linesOf(width: number, height: number): string {
  return `${String(Math.min(width, height))}p`
}
