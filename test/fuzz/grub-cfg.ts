import { bootAndEdit } from './text/boot-and-edit.ts'
import { TokenText, everyByte } from './text/token-text.ts'
import type { FuzzTarget } from './target.ts'

const language = new TokenText(
  [
    '\n',
    ' ',
    '\t',
    ';',
    '#',
    "'",
    '"',
    '\\',
    '$',
    '{',
    '}',
    '[ ',
    ' ]',
    '!',
    '(hd0,msdos1)',
    '${',
    '$x',
    '"$x"',
  ],
  ['if ', 'then ', 'elif ', 'else ', 'fi ', 'for ', 'in ', 'do ', 'done ', 'while ', 'until ', 'function '],
  ['menuentry ', 'submenu ', '--id ', 'linux ', 'initrd ', 'set ', 'unset ', 'x=', 'load_env ', 'blscfg '],
  [
    'source ',
    'configfile ',
    'search --fs-uuid --set=',
    'search --file ',
    'probe --set=',
    'test ',
    '-f ',
    '-z ',
  ],
  [
    '/boot/vmlinuz-1 ',
    '/boot/initrd-1 ',
    '/boot/grub/grub.cfg ',
    'root=UUID=1 ',
    'ro ',
    '-- ',
    'default=',
    'f ',
  ],
  ['export ', '-a ', '-o ', '= ', 'x y', '$prefix', 'save_env ', 'devicetree ', '&&', '||', 'kernelopts='],
)

const SEEDS = [
  `set default="0"\nload_env\nif [ -z "$x" ]; then set x="ro "; else x=y; fi\nfunction f { set x="$x" ; }\nf x y\nmenuentry 'A' --id a {\n\tsearch --fs-uuid --set=root 1\n\tlinux /boot/vmlinuz-1 root=UUID=1 $x -- single\n\tinitrd /boot/initrd-1\n}\nsubmenu 'B' {\n menuentry "C" {\n linux /boot/vmlinuz-1 root=UUID=1\n initrd /boot/initrd-1\n }\n}\n`,
  `for x in a b "c d"; do set default=$x; done\nif test -f /boot/vmlinuz-1 -a ! -z "$x"; then source /boot/grub/grub.cfg; fi\nset kernelopts="root=UUID=1 ro "\nblscfg\n`,
]

/** The interpreter of grub.cfg, with an environment block and BLS entries beside it; then its entries are edited. */
export const grubCfg: FuzzTarget = {
  name: 'grub-cfg',
  seeds: async () => language.seeds(SEEDS),
  fields: everyByte,
  async exercise(source) {
    await bootAndEdit({
      '/boot/grub/grub.cfg': await language.read(source),
      '/boot/grub/grubenv': '# GRUB Environment Block\nsaved_entry=a\nx=root=UUID=1 ro\n####',
      '/boot/loader/entries/m-1.conf':
        'title M\nlinux /vmlinuz-1\ninitrd /initrd-1\noptions $kernelopts $x ro\n',
    })
  },
}
