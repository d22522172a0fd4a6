import { act, render, screen } from '@testing-library/react'
import userEvent from '@testing-library/user-event'
import { expect, it } from 'vitest'
import { ConfirmDialog } from './ConfirmDialog'
import { Dialog } from './Dialog'
import { toast, Toaster } from './Toast'
import { TooltipProvider } from './Tooltip'

it('leaves the first Escape to the dialog it came up over', async () => {
  const user = userEvent.setup()
  render(
    <TooltipProvider>
      <Dialog trigger={<button>Rename</button>} title="Rename">
        <input aria-label="Name" />
      </Dialog>
      <Toaster />
    </TooltipProvider>,
  )
  await user.click(screen.getByRole('button', { name: 'Rename' }))
  await user.click(screen.getByLabelText('Name'))
  act(() => {
    toast({ title: 'Saved' })
  })

  await user.keyboard('{Escape}')
  expect(screen.queryByRole('dialog')).toBeNull()
  expect(screen.getByText('Saved')).toBeTruthy()

  await user.keyboard('{Escape}')
  expect(screen.queryByText('Saved')).toBeNull()
})

it('leaves it to the question whose button was pressed in vain, too', async () => {
  const user = userEvent.setup()
  render(
    <TooltipProvider>
      <ConfirmDialog
        trigger={<button>Delete</button>}
        title="Delete it?"
        description="It is gone for good."
        action="Delete for good"
        onConfirm={() => {
          toast({ title: 'That did not work', tone: 'danger' })
          throw new Error('refused')
        }}
      />
      <Toaster />
    </TooltipProvider>,
  )
  await user.click(screen.getByRole('button', { name: 'Delete' }))
  await user.click(screen.getByRole('button', { name: 'Delete for good' }))
  act(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
  })

  await user.keyboard('{Escape}')
  expect(screen.queryByRole('alertdialog')).toBeNull()
  expect(screen.getByText('That did not work')).toBeTruthy()
})
