import { ChoiceCards, Section } from '@keyreel/ui'
import { useController } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { CaptionWords } from './captionLook'
import { aspects, captionStyles, shapeOf } from './choices'
import type { CreateValues } from './schema'

/** The picture's shape and how captions look. */
export function LookFields() {
  const { t } = useTranslation('create')
  const aspect = useController<CreateValues, 'aspect'>({ name: 'aspect' }).field
  const caption = useController<CreateValues, 'captionStyle'>({ name: 'captionStyle' }).field
  const sample = t('captions.sample').split(' ')
  return (
    <Section title={t('look.title')} detail={t('look.detail')}>
      <div className="flex flex-col gap-6">
        <div className="flex flex-col gap-2">
          <h3 className="font-medium">{t('format.label')}</h3>
          <ChoiceCards
            label={t('format.label')}
            value={aspect.value}
            onChange={aspect.onChange}
            choices={aspects.map((value) => ({
              value,
              label: t(`format.${shapeOf[value]}.name`),
              note: <span className="figures">{t(`format.${shapeOf[value]}.use`)}</span>,
              picture: (
                <span className="flex h-14 items-center justify-center">
                  <span
                    className="rounded-sm border-2 border-control bg-sunken group-data-[state=checked]:border-accent group-data-[state=checked]:bg-surface"
                    style={{
                      aspectRatio: value.replace(':', ' / '),
                      [value === '16:9' ? 'width' : 'height']: value === '16:9' ? '5rem' : '100%',
                    }}
                  />
                </span>
              ),
            }))}
          />
        </div>
        <div className="flex flex-col gap-2">
          <h3 className="font-medium">{t('captions.label')}</h3>
          <ChoiceCards
            label={t('captions.label')}
            value={caption.value}
            onChange={caption.onChange}
            choices={captionStyles.map((value) => ({
              value,
              label: t(`captions.${value}`),
              picture: (
                <span className="flex h-16 items-center justify-center overflow-hidden rounded-md bg-[linear-gradient(135deg,#3b4a7a,#8a5a83_55%,#d98b6a)] px-2 text-sm">
                  <CaptionWords words={sample} style={value} active={1} />
                </span>
              ),
            }))}
          />
        </div>
      </div>
    </Section>
  )
}
