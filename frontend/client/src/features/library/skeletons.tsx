import { Card, Skeleton } from '@keyreel/ui'

export function GridSkeleton() {
  return (
    <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 sm:gap-4 xl:grid-cols-4">
      {Array.from({ length: 8 }, (_, index) => (
        <Card key={index} className="overflow-hidden max-[25rem]:col-span-2">
          <Skeleton className="aspect-video w-full rounded-none" />
          <div className="space-y-2.5 p-3">
            <Skeleton className="h-4 w-4/5" />
            <Skeleton className="h-3 w-1/2" />
            <Skeleton className="h-6 w-20 rounded-full" />
          </div>
        </Card>
      ))}
    </div>
  )
}

export function TableSkeleton() {
  return (
    <Card className="divide-y divide-line">
      {Array.from({ length: 6 }, (_, index) => (
        <div key={index} className="flex items-center gap-3 px-5 py-3">
          <Skeleton className="aspect-video w-20 rounded-sm" />
          <Skeleton className="h-4 w-64 max-w-full" />
        </div>
      ))}
    </Card>
  )
}
