import { Button, Field, Input, Section, Textarea } from '@keyreel/ui'
import { Sparkles } from 'lucide-react'
import { useFormContext, useWatch } from 'react-hook-form'
import { useTranslation } from 'react-i18next'
import { useFormats } from '@/i18n/format'
import type { Guess } from './estimate'
import type { CreateValues } from './schema'

/** What will be said. */
export function TextFields({ guess }: { guess: Guess }) {
  const { t } = useTranslation(['create', 'common'])
  const formats = useFormats()
  const { register, setValue, formState } = useFormContext<CreateValues>()
  const empty = useWatch<CreateValues, 'text'>({ name: 'text' }).trim() === ''
  return (
    <Section
      title={t('text.title')}
      detail={t('text.detail')}
      aside={
        empty ? (
          <Button
            size="sm"
            icon={<Sparkles />}
            onClick={() => {
              setValue('text', t('text.example'), { shouldDirty: true, shouldValidate: true })
            }}
          >
            {t('text.tryExample')}
          </Button>
        ) : undefined
      }
    >
      <div className="flex flex-col gap-4">
        <Field
          label={t('text.title')}
          hideLabel
          error={formState.errors.text?.message}
          hint={
            guess.words === 0 ? (
              t('text.hint')
            ) : (
              <span className="figures">
                {t('text.counted', {
                  count: guess.words,
                  words: formats.number(guess.words),
                  duration: formats.duration(guess.seconds),
                })}
              </span>
            )
          }
        >
          <Textarea
            rows={9}
            placeholder={t('text.placeholder')}
            className="field-sizing-content max-h-96 min-h-48 resize-y text-base"
            {...register('text')}
          />
        </Field>
        <Field label={t('title.label')} aside={t('common:optional')} error={formState.errors.title?.message}>
          <Input placeholder={t('title.placeholder')} autoComplete="off" {...register('title')} />
        </Field>
      </div>
    </Section>
  )
}
