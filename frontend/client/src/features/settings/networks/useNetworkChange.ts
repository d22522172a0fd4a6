import { asApiError, keys, workspace } from '@keyreel/api'
import { useTranslation } from 'react-i18next'
import { useAct } from '@/app/useAct'

/** Replaces the list. A refusal because it leaves out the person's own address is kept as a question to ask. */
export function useNetworkChange() {
  const { t } = useTranslation(['settings', 'common'])
  const save = useAct(workspace.changeNetworks, {
    quiet: true,
    done: t('common:saved'),
    refreshes: [keys.workspace.networks],
  })
  const locksOut = save.error !== null && asApiError(save.error).code === 'would_lock_you_out'
  return {
    save,
    /** The list that would lock the person out, while that is the question. */
    question: locksOut && save.variables ? save.variables.networks : null,
    /** Any other refusal. */
    error: locksOut ? null : save.error,
  }
}

export type NetworkChange = ReturnType<typeof useNetworkChange>
