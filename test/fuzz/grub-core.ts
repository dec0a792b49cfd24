import { ALGORITHMS } from '../../src/adapters/codec/index.ts'
import { fromBytes } from '../../src/bytes/index.ts'
import { moduleName } from '../../src/formats/elf/index.ts'
import { openGrubCore, readGrubImage } from '../../src/formats/grub/index.ts'
import { grubCoreDisk } from '../fixtures/grub-program.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

/** Where `grubCoreDisk` puts them: the list of ranges, and the decompressor. */
const LIST = 35 * 512 - 12
const DECOMPRESSOR = 35 * 512

/** The core of a GRUB for BIOS, and what grub-mkimage put into it. */
export const grubCore: FuzzTarget = {
  name: 'grub-core',
  seeds: async () => [
    fromBytes(
      grubCoreDisk({
        prefix: '(,gpt2)/boot/grub',
        configuration: 'search.fs_uuid 1 root\n',
        modules: ['biosdisk', 'part_gpt'],
        memdisk: new Uint8Array(1024).fill(7),
      }),
      'a disk with a core',
    ),
  ],
  async exercise(source) {
    const bytes = await openGrubCore(source, ALGORITHMS)
    if (bytes !== undefined) readGrubImage(bytes, 'core', moduleName)
  },
  async fields() {
    const at = (offsetBytes: number, lengthBytes: FuzzField['lengthBytes']): FuzzField => ({
      offsetBytes,
      lengthBytes,
      endian: 'le',
    })
    return [
      at(0x5c, 8),
      ...[LIST, LIST - 12].flatMap((entry) => [at(entry, 8), at(entry + 8, 2)]),
      at(DECOMPRESSOR + 8, 4),
      at(DECOMPRESSOR + 12, 4),
      at(DECOMPRESSOR + 0x81, 4),
    ]
  },
}
