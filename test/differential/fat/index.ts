import { existsSync } from 'node:fs'
import { compareFat } from './compare.ts'
import type { DifferentialTarget } from '../target.ts'

/** FAT images of mkfs.vfat and mtools, against what mtools reads out of them. Needs no rights. */
export const fat: DifferentialTarget = {
  name: 'fat',
  lacks: () =>
    ['/usr/sbin/mkfs.vfat', '/usr/bin/mcopy'].every((program) => existsSync(program))
      ? undefined
      : 'dosfstools or mtools is not installed',
  compare: compareFat,
}
