import { fromBytes } from '../../src/bytes/index.ts'
import { makePe } from '../../src/formats/pe/make-pe.ts'
import { openPe, probePe } from '../../src/formats/pe/index.ts'
import { openBootFile } from '../../src/image/boot/index.ts'
import { look, treeFileSystem } from '../../src/image/testing/index.ts'
import type { FuzzField, FuzzTarget } from './target.ts'

/** Where `makePe` puts them: the pointer to the COFF header, what of it is read, and the table of sections. */
const COFF = 128
const TABLE = COFF + 24 + 240
const SECTION_BYTES = 40

const KERNEL = {
  '.osrel': 'ID=x\nPRETTY_NAME="X 1"\nVERSION_ID=1\n',
  '.uname': '6.1',
  '.cmdline': 'root=UUID=1 ro "a b" -- single\0x',
  '.linux': 'a kernel',
  '.initrd': 'an initrd',
  '.dtb': 'a tree',
}

/** The sections of a PE image, and the boot entry that a unified kernel image is. */
export const pe: FuzzTarget = {
  name: 'pe',
  seeds: async () => [
    fromBytes(makePe(KERNEL), 'a unified kernel image'),
    fromBytes(makePe({ '.text': 'code' }), 'a program'),
  ],
  async exercise(source) {
    await probePe(source)
    const { sections } = await openPe(source)
    for (const section of sections) await section.source.read(0, Math.min(512, section.lengthBytes))
    const image = new Uint8Array(await source.read(0, source.size))
    const esp = { type: '0xef', typeName: 'EFI System' }
    const files = { '/EFI/Linux/x+3-1.efi': image, '/EFI/systemd/systemd-bootx64.efi': 'MZ' }
    const fileSystem = treeFileSystem(files, { type: 'vfat' })
    const { disk, contract } = await look({ partitions: [{ fileSystem, ...esp }] })
    for (const file of [contract.kernel, ...contract.initrds]) {
      const opened = await openBootFile(disk, file)
      await opened.read(0, Math.min(512, opened.size))
    }
  },
  async fields(seed) {
    const at = (offsetBytes: number, lengthBytes: FuzzField['lengthBytes']): FuzzField => ({
      offsetBytes,
      lengthBytes,
      endian: 'le',
    })
    const [sections = 0] = await seed.read(COFF + 6, 1)
    return [
      at(60, 4),
      at(COFF, 4),
      at(COFF + 6, 2),
      at(COFF + 20, 2),
      ...Array.from({ length: sections }, (_, index) => TABLE + index * SECTION_BYTES).flatMap((section) => [
        at(section, 8),
        at(section + 8, 4),
        at(section + 16, 4),
        at(section + 20, 4),
      ]),
    ]
  },
}
