import { Card, Skeleton } from '@keyreel/ui'

/** The shape of two cards. */
export function CardSkeletons() {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {[0, 1].map((card) => (
        <Card key={card} className="flex flex-col gap-4 p-5">
          <div className="flex items-center gap-3">
            <Skeleton className="size-9" />
            <Skeleton className="h-4 w-32" />
          </div>
          <Skeleton className="h-4 w-48 max-w-full" />
          <Skeleton className="h-8" />
        </Card>
      ))}
    </div>
  )
}
