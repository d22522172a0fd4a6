import { createContext, type ReactNode, use } from 'react'

/** The few words the components say by themselves. The app gives them in its language. */
export interface UiLabels {
  cancel: string
  close: string
  copied: string
  copy: string
  dismiss: string
  hidePassword: string
  loading: string
  notifications: string
  passwordStrength: readonly [string, string, string, string]
  requestId: string
  retry: string
  showPassword: string
  /** Has the place holder `{{name}}`. */
  typeToConfirm: string
  undo: string
}

const english: UiLabels = {
  cancel: 'Cancel',
  close: 'Close',
  copied: 'Copied',
  copy: 'Copy',
  dismiss: 'Dismiss',
  hidePassword: 'Hide password',
  loading: 'Loading',
  notifications: 'Messages',
  passwordStrength: ['Too easy to guess', 'Could be stronger', 'Good', 'Strong'],
  requestId: 'Request',
  retry: 'Try again',
  showPassword: 'Show password',
  typeToConfirm: 'Type {{name}} to confirm',
  undo: 'Undo',
}

const LabelsContext = createContext<UiLabels>(english)

export function UiLabelsProvider({ labels, children }: { labels: UiLabels; children: ReactNode }) {
  return <LabelsContext value={labels}>{children}</LabelsContext>
}

export function useLabels(): UiLabels {
  return use(LabelsContext)
}
