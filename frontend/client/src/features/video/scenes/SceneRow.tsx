import { IconButton } from '@keyreel/ui'
import { PencilLine, Type } from 'lucide-react'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import type { SceneText } from './document'
import { Look } from './Look'

export function SceneRow({
  scene,
  number,
  takesFocus,
  onEdit,
}: {
  scene: SceneText
  number: number
  /** Its editor was just closed: the keyboard goes on from here. */
  takesFocus: boolean
  onEdit: (() => void) | undefined
}) {
  const { t } = useTranslation('video')
  const formats = useFormats()
  return (
    <div className="flex gap-3 sm:gap-4">
      <Look visual={scene.visual} />
      <div className="min-w-0 flex-1">
        <h3 className="text-xs font-medium text-ink-muted figures">
          {t('scenes.scene', { number })}
          {scene.seconds === null ? null : ` · ${formats.duration(scene.seconds)}`}
        </h3>
        <p className={scene.words ? 'mt-0.5' : 'mt-0.5 text-ink-muted'}>
          {scene.words || t('scenes.silent')}
        </p>
        {scene.titles.map(({ index, text }) => (
          <p key={index} className="mt-1 flex items-start gap-1.5 text-ink-muted">
            <Type className="mt-0.5 size-3.5 shrink-0" aria-label={t('scenes.onPicture')} />
            <span className="min-w-0">{text}</span>
          </p>
        ))}
      </div>
      {onEdit ? (
        <IconButton
          label={t('scenes.edit', { number })}
          autoFocus={takesFocus}
          onClick={onEdit}
          className="-mt-1.5 -mr-2"
        >
          <PencilLine />
        </IconButton>
      ) : null}
    </div>
  )
}
