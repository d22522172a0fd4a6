import { TextField } from '@keyreel/ui'
import { render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { beforeAll, expect, it, vi } from 'vitest'
import { startI18n } from '@/i18n'
import { FormDialog } from './FormDialog'

beforeAll(() => startI18n('en'))

it('sends its own form, not the one that the dialog was opened from', async () => {
  const send = vi.fn()
  const around = vi.fn()
  const user = userEvent.setup()
  render(
    <form onSubmit={around}>
      <FormDialog
        open
        onOpenChange={vi.fn()}
        title="Change address"
        submit="Send the link"
        ready
        pending={false}
        error={null}
        onSubmit={send}
      >
        <TextField label="Address" value="ada@example.com" onValue={vi.fn()} />
      </FormDialog>
    </form>,
  )
  await user.click(screen.getByRole('button', { name: 'Send the link' }))
  expect(send).toHaveBeenCalledOnce()
  expect(around).not.toHaveBeenCalled()
})
