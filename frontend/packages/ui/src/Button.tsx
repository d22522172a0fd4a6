import { cva, type VariantProps } from 'class-variance-authority'
import { Slot } from 'radix-ui'
import type { ComponentProps, ReactNode } from 'react'
import { cx } from './cx'
import { Spinner } from './Spinner'
import { Tooltip } from './Tooltip'

export const buttonStyle = cva(
  'inline-flex tap shrink-0 items-center justify-center gap-2 rounded-md text-sm font-medium whitespace-nowrap transition-[background-color,border-color,color,box-shadow,opacity] duration-fast select-none disabled:pointer-events-none disabled:opacity-50 aria-disabled:pointer-events-none aria-disabled:opacity-50 [&_svg]:shrink-0 [&_svg:not([class*=size-])]:size-4',
  {
    variants: {
      variant: {
        primary:
          'bg-accent text-accent-ink shadow-xs inset-shadow-[0_1px_0_rgb(255_255_255/0.16)] hover:bg-accent-hover',
        secondary: 'border border-line-strong bg-surface text-ink shadow-xs hover:bg-hover active:bg-pressed',
        ghost: 'text-ink-muted hover:bg-hover hover:text-ink active:bg-pressed data-[state=open]:bg-hover',
        danger: 'bg-danger text-white shadow-xs hover:bg-danger-hover',
        'danger-quiet':
          'border border-line-strong bg-surface text-danger-text shadow-xs hover:bg-danger-soft',
        link: 'h-auto min-h-0! min-w-0! rounded-sm p-0 text-accent-text underline-offset-4 hover:underline',
      },
      size: {
        sm: 'h-8 px-2.5',
        md: 'h-9 px-3.5',
        lg: 'h-11 px-5 text-base',
        icon: 'size-9',
        'icon-sm': 'size-8',
      },
      block: { true: 'w-full' },
    },
    compoundVariants: [{ variant: 'link', class: 'h-auto px-0' }],
    defaultVariants: { variant: 'secondary', size: 'md' },
  },
)

export interface ButtonProps extends ComponentProps<'button'>, VariantProps<typeof buttonStyle> {
  /** The act is under way: a ring turns and the button takes no second press. The words stay. */
  pending?: boolean
  icon?: ReactNode
  /** Render the only child (a link) with the looks of a button. */
  asChild?: boolean
}

export function Button({
  variant,
  size,
  block,
  pending = false,
  icon,
  asChild = false,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ButtonProps) {
  const style = cx(buttonStyle({ variant, size, block }), className)
  if (asChild)
    return (
      <Slot.Root className={style} {...rest}>
        {children}
      </Slot.Root>
    )
  return (
    <button
      type={type}
      className={style}
      disabled={disabled || pending}
      aria-busy={pending || undefined}
      {...rest}
    >
      {pending ? <Spinner /> : icon}
      {children}
    </button>
  )
}

export interface IconButtonProps extends Omit<ButtonProps, 'icon' | 'asChild'> {
  /** What the button does: its accessible name and its tooltip. */
  label: string
  shortcut?: string
}

export function IconButton({
  label,
  shortcut,
  size = 'icon',
  variant = 'ghost',
  children,
  pending,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip label={label} shortcut={shortcut}>
      <Button variant={variant} size={size} aria-label={label} pending={pending} {...rest}>
        {pending ? null : children}
      </Button>
    </Tooltip>
  )
}
