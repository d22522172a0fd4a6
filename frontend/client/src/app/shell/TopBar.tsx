import { NotificationBell } from '@/features/notifications/NotificationBell'
import { UserMenu } from './UserMenu'
import { WorkspaceSwitcher } from './WorkspaceSwitcher'

/** On a phone: whose workspace, what is new, who I am. */
export function TopBar() {
  return (
    <header className="sticky top-0 z-30 flex items-center gap-1 border-b border-line bg-canvas/90 px-2 py-1.5 backdrop-blur md:hidden">
      <WorkspaceSwitcher />
      <NotificationBell />
      <UserMenu />
    </header>
  )
}
