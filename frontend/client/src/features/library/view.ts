import { makeStore, useStore } from '@/app/store'

export type View = 'grid' | 'table'

const STORED = 'keyreel.library-view'

const view = makeStore<View>(localStorage.getItem(STORED) === 'table' ? 'table' : 'grid')

/** How the library is shown in this browser. */
export function useView(): View {
  return useStore(view)
}

export function chooseView(next: View): void {
  localStorage.setItem(STORED, next)
  view.set(next)
}
