/** What floats over the page: menus, lists, popovers. */
export const popStyle =
  'z-50 overflow-hidden rounded-lg border border-line bg-raised text-ink shadow-md data-[state=open]:animate-pop-in data-[state=closed]:animate-pop-out'

/** One line of a menu or list. */
export const itemStyle =
  'tap relative flex min-h-8 cursor-default items-center gap-2.5 rounded-sm px-2 py-1.5 text-sm outline-none select-none data-disabled:pointer-events-none data-disabled:opacity-50 data-highlighted:bg-hover [&_svg:not([class*=size-])]:size-4 [&_svg]:shrink-0 [&_svg:not([class*=text-])]:text-ink-muted'

/** The veil behind a dialog. */
export const scrimStyle =
  'fixed inset-0 z-40 bg-scrim data-[state=open]:animate-fade-in data-[state=closed]:animate-fade-out'
