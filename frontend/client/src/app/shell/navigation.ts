import { ChartNoAxesColumn, Clapperboard, House, Plus, Settings } from 'lucide-react'

/** The studio's main places, in the order they are shown. */
export const places = [
  { to: '/', key: 'h', label: 'nav.home', icon: House, exact: true },
  { to: '/library', key: 'l', label: 'nav.library', icon: Clapperboard, exact: false },
  { to: '/usage', key: 'u', label: 'nav.usage', icon: ChartNoAxesColumn, exact: false },
  { to: '/settings', key: 's', label: 'nav.settings', icon: Settings, exact: false },
] as const

export const create = { to: '/create', key: 'c', label: 'nav.create', icon: Plus } as const
