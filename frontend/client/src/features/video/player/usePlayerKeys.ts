import { type RefObject, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { useShortcut } from '@/app/shortcuts'

/** Seconds that J and L, and that the arrows, move by. */
const FAR = 10
const NEAR = 5

/** The keys of a cutting table, wherever the focus is on the page, for the player that takes the ref. */
export function usePlayerKeys(): RefObject<HTMLVideoElement | null> {
  const player = useRef<HTMLVideoElement>(null)
  const { t } = useTranslation('video')
  function move(seconds: number) {
    const element = player.current
    if (element === null || !Number.isFinite(element.duration)) return
    element.currentTime = Math.min(element.duration, Math.max(0, element.currentTime + seconds))
  }
  function toggle() {
    const element = player.current
    if (element === null) return
    if (element.paused) void element.play().catch(() => undefined)
    else element.pause()
  }
  useShortcut({ keys: ['k'], label: t('keys.toggle') }, toggle)
  useShortcut({ keys: ['Space'], label: t('keys.toggle') }, toggle)
  useShortcut({ keys: ['j'], label: t('keys.back', { seconds: FAR }) }, () => {
    move(-FAR)
  })
  useShortcut({ keys: ['l'], label: t('keys.forward', { seconds: FAR }) }, () => {
    move(FAR)
  })
  useShortcut({ keys: ['ArrowLeft'], label: t('keys.back', { seconds: NEAR }) }, () => {
    move(-NEAR)
  })
  useShortcut({ keys: ['ArrowRight'], label: t('keys.forward', { seconds: NEAR }) }, () => {
    move(NEAR)
  })
  useShortcut({ keys: ['m'], label: t('keys.mute') }, () => {
    if (player.current) player.current.muted = !player.current.muted
  })
  useShortcut({ keys: ['f'], label: t('keys.full') }, () => {
    if (document.fullscreenElement) void document.exitFullscreen()
    else void player.current?.requestFullscreen().catch(() => undefined)
  })
  return player
}
