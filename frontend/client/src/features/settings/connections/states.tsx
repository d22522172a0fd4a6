import type { Connection, KeyVerdict } from '@keyreel/api'
import type { Tone } from '@keyreel/ui'
import { CircleCheck, CircleDashed, CirclePause, CircleX, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'

export const stateLooks: Record<Connection['state'], { tone: Tone; icon: ReactNode }> = {
  works: { tone: 'success', icon: <CircleCheck /> },
  limited: { tone: 'warning', icon: <TriangleAlert /> },
  rejected: { tone: 'danger', icon: <CircleX /> },
  unknown: { tone: 'neutral', icon: <CircleDashed /> },
  disabled: { tone: 'neutral', icon: <CirclePause /> },
}

export const verdictTones: Record<KeyVerdict['outcome'], 'success' | 'warning' | 'danger' | 'info'> = {
  valid: 'success',
  limited: 'warning',
  invalid: 'danger',
  unknown: 'info',
}
