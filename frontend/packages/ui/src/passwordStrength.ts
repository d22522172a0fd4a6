const common =
  /^(?:password|passw0rd|qwerty|azerty|letmein|welcome|iloveyou|admin|motdepasse|bonjour|keyreel)/i

/**
 * How hard a password is to guess, 0 (easily) to 3 (very). A hint for the person typing, never a rule: the server decides.
 *
 * Bits are counted as length × log2(alphabet), where a character that repeats or continues the one before it
 * (`aaaa`, `1234`) counts for a quarter, and a well-known beginning counts for nothing.
 */
export function passwordStrength(password: string): 0 | 1 | 2 | 3 {
  const rest = password.replace(common, '')
  let counted = 0
  let previous = Number.NaN
  for (const character of rest) {
    const code = character.codePointAt(0) ?? 0
    counted += Math.abs(code - previous) <= 1 ? 0.25 : 1
    previous = code
  }
  const alphabet =
    (/[a-z]/.test(rest) ? 26 : 0) +
    (/[A-Z]/.test(rest) ? 26 : 0) +
    (/\d/.test(rest) ? 10 : 0) +
    (/[^a-zA-Z\d]/.test(rest) ? 33 : 0)
  const bits = counted * Math.log2(Math.max(alphabet, 2))
  if (password.length < 10 || bits < 40) return 0
  if (bits < 56) return 1
  return bits < 75 ? 2 : 3
}
