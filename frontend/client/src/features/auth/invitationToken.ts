/** An invitation's token on its way through signing in or up, in this tab only. */
const KEY = 'keyreel.invitation'

export function rememberInvitation(token: string): void {
  sessionStorage.setItem(KEY, token)
}

export function rememberedInvitation(): string | null {
  return sessionStorage.getItem(KEY)
}

export function forgetInvitation(): void {
  sessionStorage.removeItem(KEY)
}
