import type { ReactNode } from 'react'
import { cx } from './cx'

export interface Column<Row> {
  id: string
  header: ReactNode
  cell: (row: Row) => ReactNode
  /** Right-aligned figures. */
  numeric?: boolean
  /** Heads the card on a narrow screen, without its label. */
  primary?: boolean
  /** Buttons: no label on a card. */
  actions?: boolean
  className?: string
}

/** A table from 640 px; below, each row is a card with its column names. The roles stay those of a table. */
export function DataTable<Row>({
  label,
  columns,
  rows,
  rowKey,
  className,
}: {
  label: string
  columns: readonly Column<Row>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string
  className?: string
}) {
  return (
    <table role="table" aria-label={label} className={cx('w-full text-left max-sm:block', className)}>
      <thead role="rowgroup" className="max-sm:sr-only">
        <tr role="row">
          {columns.map((column) => (
            <th
              key={column.id}
              role="columnheader"
              scope="col"
              className={cx(
                'border-b border-line px-3 py-2 text-xs font-medium text-ink-muted first:pl-5 last:pr-5',
                column.numeric && 'text-right',
                column.className,
              )}
            >
              {column.actions ? <span className="sr-only">{column.header}</span> : column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup" className="max-sm:block">
        {rows.map((row) => (
          <tr
            key={rowKey(row)}
            role="row"
            className="transition-colors max-sm:flex max-sm:flex-col max-sm:gap-1 max-sm:border-t max-sm:border-line max-sm:px-5 max-sm:py-3 sm:border-b sm:border-line sm:last:border-b-0 sm:hover:bg-hover/60"
          >
            {columns.map((column) => (
              <td
                key={column.id}
                role="cell"
                className={cx(
                  'px-3 py-2.5 align-middle first:pl-5 last:pr-5 max-sm:flex max-sm:items-center max-sm:justify-between max-sm:gap-4 max-sm:p-0! max-sm:text-right',
                  column.numeric && 'figures sm:text-right',
                  column.primary && 'max-sm:text-left',
                  column.className,
                )}
              >
                {column.primary || column.actions ? null : (
                  <span aria-hidden className="shrink-0 text-xs text-ink-muted sm:hidden">
                    {column.header}
                  </span>
                )}
                {column.cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}
