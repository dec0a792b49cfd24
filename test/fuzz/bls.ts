import { bootAndEdit } from './text/boot-and-edit.ts'
import { TokenText, everyByte } from './text/token-text.ts'
import type { FuzzTarget } from './target.ts'

const language = new TokenText(
  [
    '\n',
    ' ',
    '\t',
    '#',
    '"',
    '$',
    '${',
    '}',
    '\r',
    '--',
    ' -- ',
    '=',
    'title ',
    'version ',
    'linux ',
    'initrd ',
  ],
  ['options ', 'devicetree ', 'efi ', 'machine-id ', 'sort-key ', 'architecture ', '/vmlinuz-1', '/initrd-1'],
  ['root=UUID=1', ' ro ', '$kernelopts', '$x', 'a="b c"', 'rescue', '1.2-3', '~', '^', '+3-1', '..', '/'],
)

const SEEDS = [
  'title M\nversion 1.2-3\nlinux /vmlinuz-1\ninitrd /initrd-1\noptions root=UUID=1 ro a="b c"\nsort-key x\n',
  'linux /vmlinuz-1\ninitrd /initrd-1\noptions $kernelopts $x\noptions ro -- single\n#x\n',
]

/** An entry under GRUB with an environment block, and the same without a boot loader; then it is edited. */
export const bls: FuzzTarget = {
  name: 'bls',
  seeds: async () => language.seeds(SEEDS),
  fields: everyByte,
  async exercise(source) {
    const text = await language.read(source)
    const entries = { '/boot/loader/entries/m-1.conf': text, '/boot/loader/entries/m-2+3-1.conf': text }
    await bootAndEdit({
      ...entries,
      '/boot/grub/grub.cfg': 'load_env\nblscfg\n',
      '/boot/grub/grubenv': '# GRUB Environment Block\nkernelopts=root=UUID=1 ro\n########',
    })
    await bootAndEdit(entries)
  },
}
