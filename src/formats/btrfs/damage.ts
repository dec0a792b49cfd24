import type { Cursor } from '../../bytes/index.ts'
import { raise } from './errors.ts'

/** A field that cannot be what it is. `at` is its offset in the structure, in bytes. */
export function badField(
  cursor: Pick<Cursor, 'structure' | 'base'>,
  at: number,
  field: string,
  found: string | number | bigint,
  expected: string | number | bigint,
): Error {
  return raise('BTRFS_BAD_FIELD', {
    structure: cursor.structure,
    offsetBytes: cursor.base + at,
    field,
    found: String(found),
    expected: String(expected),
  })
}
