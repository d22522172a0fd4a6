import { useEffect, useEffectEvent } from 'react'
import { makeStore, useStore } from './store'

export interface Shortcut {
  /** Keys pressed one after the other, as `KeyboardEvent.key` names them: `['g', 'h']`, `['?']`, `['mod+k']`, `['Space']`. */
  keys: readonly string[]
  label: string
}

interface Registered extends Shortcut {
  run: () => void
  /** Also while the focus is in a text field. */
  everywhere: boolean
}

const registered = makeStore<readonly Registered[]>([])
/** A second key counts within this time, milliseconds. */
const PAUSE = 1_000

/** What can be pressed on the page as it is now, for the help. */
export function useShortcuts(): readonly Shortcut[] {
  return useStore(registered)
}

/** Runs `run` on the keys while the component is there. `mod` is ⌘ on Apple's systems and Ctrl elsewhere. */
export function useShortcut(shortcut: Shortcut & { everywhere?: boolean }, run: () => void): void {
  const { label, everywhere = false } = shortcut
  const chord = shortcut.keys.join(' ')
  const latest = useEffectEvent(run)
  useEffect(() => {
    const entry: Registered = {
      keys: chord.split(' '),
      label,
      everywhere,
      run: () => {
        latest()
      },
    }
    registered.set([...registered.get(), entry])
    return () => {
      registered.set(registered.get().filter((other) => other !== entry))
    }
  }, [chord, label, everywhere])
}

const isApple = /mac|iphone|ipad/i.test(navigator.userAgent)

/** How a key is written on this machine. */
export function keyLabel(key: string): string {
  const [name, modifier] = key.split('+').reverse()
  const shown =
    { ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', Space: '␣' }[name ?? ''] ?? (name ?? '').toUpperCase()
  return modifier === 'mod' ? (isApple ? `⌘${shown}` : `Ctrl ${shown}`) : shown
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:input|textarea|select)$/i.test(target.tagName))
  )
}

/** The space bar presses what has the focus before it is a shortcut. */
function isPress({ key, target }: KeyboardEvent): boolean {
  return key === ' ' && target instanceof Element && target.closest('button, a, summary, [role]') !== null
}

function pressed(event: KeyboardEvent): string {
  if (event.key === ' ') return 'Space'
  return event.metaKey || event.ctrlKey ? `mod+${event.key.toLowerCase()}` : event.key
}

/** Listens on the whole page; once, by the app. */
export function listenForShortcuts(): () => void {
  let before: string[] = []
  let last = 0
  function onKeyDown(event: KeyboardEvent) {
    if (event.defaultPrevented || event.altKey || event.repeat || event.isComposing || isPress(event)) return
    if (
      document.querySelector('[role=dialog],[role=alertdialog],[role=menu],[role=listbox]') &&
      !event.metaKey &&
      !event.ctrlKey
    )
      return
    if (event.timeStamp - last > PAUSE) before = []
    last = event.timeStamp
    before = [...before.slice(-2), pressed(event)]
    const typing = isTyping(event.target)
    // Of `l` and `g l` the longer is meant; of two alike the one that was registered last.
    const found = registered
      .get()
      .filter(
        (entry) =>
          (entry.everywhere || !typing) &&
          entry.keys.every((key, index) => key === before.at(index - entry.keys.length)),
      )
      .reduce<Registered | undefined>(
        (best, entry) => (best && best.keys.length > entry.keys.length ? best : entry),
        undefined,
      )
    if (found === undefined) return
    event.preventDefault()
    before = []
    found.run()
  }
  addEventListener('keydown', onKeyDown)
  return () => {
    removeEventListener('keydown', onKeyDown)
  }
}
