/** The network that is this one address: 203.0.113.7 → 203.0.113.7/32, 2001:db8::1 → 2001:db8::1/128. */
export function onlyThis(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`
}

/** What a person types as a network: a bare address means just that address. */
export function asNetwork(typed: string): string {
  const text = typed.trim()
  return text.includes('/') ? text : onlyThis(text)
}
