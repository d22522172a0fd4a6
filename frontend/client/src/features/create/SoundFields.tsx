import { ChoiceCards, Field, Section, Select } from '@keyreel/ui'
import { Coffee, Drum, Film, Focus, Leaf, Smile, VolumeX } from 'lucide-react'
import type { ReactNode } from 'react'
import { useController } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { languages, type Mood, moods, voices } from './choices'
import type { CreateValues } from './schema'

const icons: Record<Mood, ReactNode> = {
  warm: <Coffee />,
  calm: <Leaf />,
  upbeat: <Drum />,
  cinematic: <Film />,
  focus: <Focus />,
  playful: <Smile />,
  none: <VolumeX />,
}

/** Language, voice and music. */
export function SoundFields() {
  const { t, i18n } = useTranslation('create')
  const language = useController<CreateValues, 'language'>({ name: 'language' })
  const voice = useController<CreateValues, 'voice'>({ name: 'voice' })
  const mood = useController<CreateValues, 'mood'>({ name: 'mood' }).field
  const names = new Intl.DisplayNames(i18n.language, { type: 'language' })
  return (
    <Section title={t('sound.title')} detail={t('sound.detail')}>
      <div className="flex flex-col gap-6">
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label={t('language.label')} error={language.fieldState.error?.message}>
            <Select
              value={language.field.value}
              onChange={language.field.onChange}
              options={languages.map((value) => ({
                value,
                label: value === 'auto' ? t('language.auto') : capital(names.of(value) ?? value),
              }))}
            />
          </Field>
          <Field label={t('voice.label')} error={voice.fieldState.error?.message}>
            <Select
              value={voice.field.value}
              onChange={voice.field.onChange}
              options={voices.map((value) => ({
                value,
                label: t(`voice.${value}.name`),
                note: t(`voice.${value}.note`),
              }))}
            />
          </Field>
        </div>
        <div className="flex flex-col gap-2">
          <h3 className="font-medium">{t('music.label')}</h3>
          <ChoiceCards
            label={t('music.label')}
            value={mood.value}
            onChange={mood.onChange}
            choices={moods.map((value) => ({
              value,
              label: t(`music.${value}.name`),
              note: t(`music.${value}.note`),
              icon: icons[value],
            }))}
          />
        </div>
      </div>
    </Section>
  )
}

function capital(name: string): string {
  return name.charAt(0).toLocaleUpperCase() + name.slice(1)
}
