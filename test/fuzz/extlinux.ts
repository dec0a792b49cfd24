import { bootAndEdit } from './text/boot-and-edit.ts'
import { TokenText, everyByte } from './text/token-text.ts'
import type { FuzzTarget } from './target.ts'

const language = new TokenText(
  ['\n', ' ', '\t', '#', '\r', ',', '"', 'DEFAULT ', 'LABEL ', 'KERNEL ', 'LINUX ', 'INITRD ', 'APPEND '],
  ['FDT ', 'MENU LABEL ', 'MENU DEFAULT', 'TIMEOUT 5', 'a', 'b', '/vmlinuz-1', '/initrd-1', '/initrd-2'],
  ['initrd=/initrd-1', 'root=UUID=1', ' ro ', ' -- ', 'x="y z"', '.c32', '..', '/'],
)

const SEEDS = [
  'DEFAULT a\nLABEL a\n  MENU LABEL A\n  KERNEL /vmlinuz-1\n  INITRD /initrd-1,/initrd-2\n  APPEND root=UUID=1 ro -- x\nLABEL b\n  LINUX /vmlinuz-1\n  APPEND initrd=/initrd-1 root=UUID=1\n  MENU DEFAULT\n',
]

/** The labels of an extlinux.conf; then they are edited. */
export const extlinux: FuzzTarget = {
  name: 'extlinux',
  seeds: async () => language.seeds(SEEDS),
  fields: everyByte,
  async exercise(source) {
    await bootAndEdit({ '/boot/extlinux/extlinux.conf': await language.read(source) })
  },
}
