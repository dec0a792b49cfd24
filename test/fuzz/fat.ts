import type { ByteSource } from '../../src/bytes/index.ts'
import { openFat, probeFat } from '../../src/formats/fat/index.ts'
import {
  BOOT_SECTOR,
  BOOT_SECTOR_16,
  BOOT_SECTOR_32,
  DIRECTORY_ENTRY,
  INFO_SECTOR,
} from '../../src/formats/fat/layout.ts'
import { loadFixtures } from '../fixtures/load-fixtures.ts'
import { fieldsOf } from './target.ts'
import type { FuzzField, FuzzTarget } from './target.ts'
import { walkBounded } from './harness/walk-bounded.ts'

/** The first directory entries of each fixture: of the root, behind the tables. */
function rootOf(boot: DataView): number {
  const sector = boot.getUint16(11, true)
  const tableSectors = boot.getUint16(22, true) || boot.getUint32(36, true)
  return (boot.getUint16(14, true) + boot.getUint8(16) * tableSectors) * sector
}

async function fieldsIn(seed: ByteSource): Promise<readonly FuzzField[]> {
  const boot = await seed.read(0, 512)
  const view = new DataView(boot.buffer, boot.byteOffset, 512)
  const root = rootOf(view)
  const is32 = view.getUint16(22, true) === 0
  const entries = Array.from({ length: 24 }, (_, index) => fieldsOf(DIRECTORY_ENTRY, root + index * 32, 'le'))
  return [
    ...fieldsOf(BOOT_SECTOR, 0, 'le'),
    ...fieldsOf(is32 ? BOOT_SECTOR_32 : BOOT_SECTOR_16, 0, 'le'),
    ...(is32 ? fieldsOf(INFO_SECTOR, 512, 'le') : []),
    ...entries.flat(),
  ]
}

export const fat: FuzzTarget = {
  name: 'fat',
  seeds: () => loadFixtures('fat'),
  async exercise(source) {
    await probeFat(source)
    await walkBounded(await openFat(source))
  },
  fields: fieldsIn,
}
