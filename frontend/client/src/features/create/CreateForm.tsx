import { asApiError } from '@keyreel/api'
import { Card } from '@keyreel/ui'
import { zodResolver } from '@hookform/resolvers/zod'
import { useRouter } from '@tanstack/react-router'
import { useDeferredValue, useEffect, useEffectEvent, useMemo, useState } from 'react'
import { FormProvider, useForm, useWatch } from 'react-hook-form'
import { dropDraft, keepDraft, readDraft } from '@/app/createDraft'
import { showViolations } from '@/app/problems'
import { useSession } from '@/app/useSession'
import { lastChoices, rememberChoices, requestOf } from './choices'
import { countWords, guess as guessed } from './estimate'
import { LookFields } from './LookFields'
import { MediaField } from './MediaField'
import { Preview } from './Preview'
import { RunSummary } from './RunSummary'
import { SubmitBar } from './SubmitBar'
import { type CreateValues, useCreateSchema } from './schema'
import { SoundFields } from './SoundFields'
import { TextFields } from './TextFields'
import { useCreateVideo } from './useCreateVideo'
import { tally, trayOf, useTiles } from './useTray'

export function CreateForm() {
  const { user, workspace } = useSession()
  const owner = useMemo(() => ({ userId: user.id, workspaceId: workspace.id }), [user.id, workspace.id])
  const tray = trayOf(owner)
  const tiles = useTiles(tray)
  const router = useRouter()
  const form = useForm<CreateValues>({
    resolver: zodResolver(useCreateSchema()),
    defaultValues: useMemo(() => {
      const { text, title } = readDraft(owner)
      return { text, title, ...lastChoices() }
    }, [owner]),
  })
  const values = useWatch({ control: form.control }) as CreateValues
  const assetIds = tiles.filter((tile) => tile.state === 'ready').map((tile) => tile.asset?.id ?? '')
  const text = useDeferredValue(values.text)
  const guess = guessed(
    useMemo(() => countWords(text), [text]),
    assetIds.length,
  )
  const create = useCreateVideo(owner)
  const [unplaced, setUnplaced] = useState(false)

  const kept = tiles.flatMap((tile) =>
    tile.assetId === null || tile.state === 'refused' ? [] : [tile.assetId],
  )
  const keptIds = kept.join(',')
  useEffect(() => {
    if (create.isSuccess) return
    keepDraft(owner, { text, title: values.title, assets: keptIds === '' ? [] : keptIds.split(',') })
  }, [owner, text, values.title, keptIds, create.isSuccess])

  const { coming } = tally(tiles)
  const [wanted, setWanted] = useState(false)
  function send(chosen: CreateValues) {
    const { text: said, title, ...choices } = chosen
    rememberChoices(choices)
    keepDraft(owner, { text: said, title, assets: kept })
    create.mutate(requestOf(said, title, choices, assetIds), {
      onSuccess: (job) => {
        dropDraft(owner)
        tray.clear()
        void router.navigate({ to: '/jobs/$jobId', params: { jobId: job.id } })
      },
      onError: (error) => {
        setWanted(false)
        setUnplaced(showViolations(asApiError(error), ['text', 'title', 'language', 'voice'], form.setError))
      },
    })
  }

  const start = useEffectEvent(() => {
    if (!create.isPending) send(form.getValues())
  })
  useEffect(() => {
    // The button was pressed while files were on their way: the last one has arrived now.
    if (wanted && coming === 0) start()
  }, [wanted, coming])

  const submit = form.handleSubmit((chosen) => {
    if (coming > 0) setWanted(true)
    else send(chosen)
  })

  const pending = wanted || create.isPending || create.isSuccess
  return (
    <FormProvider {...form}>
      <form
        noValidate
        onSubmit={(event) => void submit(event)}
        className="grid items-start gap-6 lg:grid-cols-[minmax(0,1fr)_22rem]"
      >
        <div className="flex min-w-0 flex-col gap-6">
          <TextFields guess={guess} />
          <MediaField tray={tray} tiles={tiles} />
          <LookFields />
          <SoundFields />
        </div>
        <Card className="flex flex-col gap-4 p-4 lg:sticky lg:top-6">
          <Preview aspect={values.aspect} style={values.captionStyle} text={text} tiles={tiles} />
          <RunSummary
            guess={guess}
            tiles={tiles}
            pending={pending}
            wanted={wanted}
            error={unplaced ? create.error : null}
          />
        </Card>
        <SubmitBar guess={guess} pending={pending} />
      </form>
    </FormProvider>
  )
}
