import { Toaster, TooltipProvider, type UiLabels, UiLabelsProvider } from '@keyreel/ui'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { type ReactNode, useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { queryClient } from './queryClient'
import { router } from './router'

function Labels({ children }: { children: ReactNode }) {
  const { t } = useTranslation()
  const labels = useMemo<UiLabels>(
    () => ({
      cancel: t('act.cancel'),
      close: t('act.close'),
      copied: t('act.copied'),
      copy: t('act.copy'),
      dismiss: t('act.dismiss'),
      hidePassword: t('password.hide'),
      loading: t('loading'),
      notifications: t('messages'),
      passwordStrength: [
        t('password.strength.0'),
        t('password.strength.1'),
        t('password.strength.2'),
        t('password.strength.3'),
      ],
      requestId: t('requestId'),
      retry: t('act.retry'),
      showPassword: t('password.show'),
      typeToConfirm: t('typeToConfirm', { name: '{{name}}', interpolation: { skipOnVariables: true } }),
      undo: t('act.undo'),
    }),
    [t],
  )
  return <UiLabelsProvider labels={labels}>{children}</UiLabelsProvider>
}

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Labels>
        <TooltipProvider delayDuration={400}>
          <RouterProvider router={router} />
          <Toaster />
        </TooltipProvider>
      </Labels>
    </QueryClientProvider>
  )
}
