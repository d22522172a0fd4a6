import { asApiError, keys, type Storyboard, storyboards } from '@keyreel/api'
import { Button, Callout, Field, Input, Textarea, toast } from '@keyreel/ui'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type SyntheticEvent, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ProblemCallout } from '@/app/problems'
import { type SceneText, scenesOf, withSceneText } from './document'

/** The most that one scene can have spoken. */
const MOST = 5000

/**
 * Changes the words of one scene. It saves onto the version that was shown when it was opened: whoever saved meanwhile
 * is not overwritten, and what was typed here stays until it is saved or given up.
 */
export function SceneEditor({
  storyboard,
  scene,
  number,
  onClose,
}: {
  storyboard: Storyboard
  scene: SceneText
  number: number
  onClose: () => void
}) {
  const { t } = useTranslation(['video', 'common'])
  const cache = useQueryClient()
  const [base, setBase] = useState({ storyboard, scene })
  const [first] = useState(storyboard.version)
  const [words, setWords] = useState(scene.words)
  const [titles, setTitles] = useState(scene.titles)
  const ownWords = words.trim() !== base.scene.words
  const ownTitles = titles.some(({ text }, at) => text !== base.scene.titles[at]?.text)
  const save = useMutation({
    mutationFn: () =>
      storyboards.save(
        base.storyboard.id,
        base.storyboard.version,
        withSceneText(base.storyboard.document, scene.id, { words: words.trim(), titles }),
      ),
    meta: { quiet: true },
    onSuccess: async (saved) => {
      cache.setQueryData(keys.storyboards.detail(saved.id), saved)
      await cache.invalidateQueries({ queryKey: keys.videos.all })
      onClose()
    },
  })
  const reload = useMutation({
    mutationFn: () => cache.fetchQuery({ ...storyboards.detail(storyboard.id), staleTime: 0 }),
    onSuccess: (newest) => {
      const theirs = scenesOf(newest.document).find((one) => one.id === scene.id)
      if (theirs === undefined) {
        toast({ tone: 'danger', title: t('scenes.gone', { number }) })
        onClose()
        return
      }
      // What was not touched here is taken from them.
      if (!ownWords) setWords(theirs.words)
      if (!ownTitles) setTitles(theirs.titles)
      setBase({ storyboard: newest, scene: theirs })
      save.reset()
    },
  })
  const conflict = save.isError && asApiError(save.error).code === 'version_conflict'
  const empty = words.trim() === '' && base.scene.words !== ''

  function submit(event: SyntheticEvent) {
    event.preventDefault()
    if (!ownWords && !ownTitles) onClose()
    else if (!empty) save.mutate()
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit} aria-label={t('scenes.edit', { number })}>
      <h3 className="text-xs font-medium text-ink-muted figures">{t('scenes.scene', { number })}</h3>
      {conflict ? (
        <Callout
          tone="danger"
          title={t('scenes.conflict')}
          action={
            <Button
              size="sm"
              pending={reload.isPending}
              onClick={() => {
                reload.mutate()
              }}
            >
              {t('scenes.reload')}
            </Button>
          }
        >
          {t('scenes.conflictDetail')}
        </Callout>
      ) : (
        <ProblemCallout error={save.error} />
      )}
      {base.storyboard.version > first && ownWords ? (
        <Callout title={t('scenes.theirs', { version: base.storyboard.version })}>{base.scene.words}</Callout>
      ) : null}
      <Field
        label={t('scenes.words')}
        hint={t(`scenes.fate.${scene.fate}`)}
        error={empty ? t('scenes.empty') : undefined}
      >
        <Textarea
          autoFocus
          rows={Math.min(8, Math.max(3, Math.ceil(words.length / 70)))}
          maxLength={MOST}
          value={words}
          onChange={(event) => {
            setWords(event.target.value)
          }}
          onKeyDown={(event) => {
            if (event.key === 'Escape') onClose()
            if (event.key === 'Enter' && (event.metaKey || event.ctrlKey)) submit(event)
          }}
        />
      </Field>
      {titles.map((title, at) => (
        <Field key={title.index} label={t('scenes.onPicture')}>
          <Input
            value={title.text}
            maxLength={500}
            required
            onChange={(event) => {
              setTitles(titles.with(at, { ...title, text: event.target.value }))
            }}
          />
        </Field>
      ))}
      <div className="flex flex-wrap justify-end gap-2">
        <Button onClick={onClose}>{t('common:act.cancel')}</Button>
        <Button type="submit" variant="primary" pending={save.isPending} disabled={empty || conflict}>
          {t('common:act.save')}
        </Button>
      </div>
    </form>
  )
}
