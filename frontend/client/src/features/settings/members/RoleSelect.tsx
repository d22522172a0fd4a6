import type { Role } from '@keyreel/api'
import { Select } from '@keyreel/ui'
import { useTranslation } from 'react-i18next'
import { roleIcons, roles } from './roles'

/** One of the roles, each with what it may do. */
export function RoleSelect({
  value,
  onChange,
  disabled,
  label,
  className,
}: {
  value: Role
  onChange: (role: Role) => void
  disabled?: boolean
  /** For assistive technology, where no field names it. */
  label?: string
  className?: string
}) {
  const { t } = useTranslation(['settings', 'common'])
  return (
    <Select
      aria-label={label}
      className={className}
      value={value}
      disabled={disabled}
      onChange={onChange}
      options={roles.map((role) => {
        const Icon = roleIcons[role]
        return {
          value: role,
          label: t(`common:role.${role}`),
          note: t(`members.may.${role}`),
          icon: <Icon />,
        }
      })}
    />
  )
}
