export function SharedVideoPage() {
  return null
}
