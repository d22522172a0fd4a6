import { makeStore, useStore } from './store'

export type Theme = 'light' | 'dark' | 'system'

/** The key early.js reads before the first paint. */
const STORED = 'keyreel.theme'

function stored(): Theme {
  const value = localStorage.getItem(STORED)
  return value === 'light' || value === 'dark' ? value : 'system'
}

const store = makeStore<Theme>(stored())

export function useTheme(): Theme {
  return useStore(store)
}

export function chooseTheme(theme: Theme): void {
  if (theme === 'system') {
    localStorage.removeItem(STORED)
    delete document.documentElement.dataset.theme
  } else {
    localStorage.setItem(STORED, theme)
    document.documentElement.dataset.theme = theme
  }
  store.set(theme)
}
