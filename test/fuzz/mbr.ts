import { openMbr, probeMbr } from '../../src/formats/mbr/index.ts'
import { BOOT_ENTRY, BOOT_SECTOR } from '../../src/formats/partition-table/index.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { fieldsOf } from './target.ts'
import type { FuzzTarget } from './target.ts'

/** Where the fixtures have boot records: at 0, and the first ones of the chains of `logical` and `logical-4096`. */
const RECORDS = [0, 6144 * 512, 10_240 * 512, 512 * 4096, 1024 * 4096] as const

export const mbr: FuzzTarget = {
  name: 'mbr',
  seeds: () => loadFixtures('mbr'),
  async exercise(source) {
    await probeMbr(source)
    const { partitions } = await openMbr(source)
    for (const { source: partition } of partitions) await partition.read(0, Math.min(512, partition.size))
  },
  fields: async (seed) =>
    RECORDS.filter((record) => record + 512 <= seed.size).flatMap((record) => [
      ...fieldsOf(BOOT_SECTOR, record, 'le'),
      ...[446, 462, 478, 494].flatMap((entry) => fieldsOf(BOOT_ENTRY, record + entry, 'le')),
    ]),
}
