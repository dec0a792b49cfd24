import type { Random } from '../random.ts'
import { BOOT_UUID, ESP_UUID, ROOT_UUID } from './disk.ts'
import type { Files } from './disk.ts'

/** A configuration of everything that the language has, and the files beside it. */
export function drawScript(random: Random): Files {
  const draw = new Draw(random, 'all')
  const leaf = new Draw(random, 'withoutFiles')
  const body = draw.lines(random.between(4, 14), 0)
  const files: Record<string, string> = {
    '/vmlinuz-1': 'k',
    '/vmlinuz-2': 'k',
    '/initrd-1': 'i',
    '/sub/one.cfg': 'x',
    '/sub/two.cfg': '',
    '/both': 'x',
    '/grub/grubenv': environment(draw),
    '/grub/more.cfg': `${leaf.lines(random.between(1, 4), 1).join('\n')}\n`,
    '/grub/menu.cfg': `${[...leaf.lines(2, 1), ...leaf.entry(1), ...leaf.entry(1), 'set timeout=0'].join('\n')}\n`,
  }
  return { ...files, '/grub/grub.cfg': `${[...body, ...draw.menu(), ...draw.choice()].join('\n')}\n` }
}

const VARIABLES = ['v0', 'v1', 'v2', 'v3', 'v4']
const WORDS = [
  'a',
  'b',
  'one',
  'two',
  '1',
  '2',
  '10',
  '0x10',
  '010',
  'x=y',
  'root=/dev/sda1',
  'quiet',
  '--',
  '-n',
  '!',
  ']',
  '/sub',
  'é',
]

class Draw {
  readonly #random: Random
  #entries = 0
  #functions = 0

  /** A file that is read by others reads none itself: GRUB would not come to an end. */
  readonly #files: 'all' | 'withoutFiles'

  constructor(random: Random, files: 'all' | 'withoutFiles') {
    this.#random = random
    this.#files = files
  }

  lines(count: number, depth: number): readonly string[] {
    return Array.from({ length: count }, () => this.statement(depth)).flat()
  }

  menu(): readonly string[] {
    return Array.from({ length: this.#random.between(1, 4) }, () =>
      this.#random.chance(25) ? this.submenu(0) : this.entry(0),
    ).flat()
  }

  choice(): readonly string[] {
    const random = this.#random
    const names = [
      '0',
      '1',
      '2',
      '5',
      '1>0',
      '2>1',
      'id1',
      'id2',
      'Entry 1',
      'Entry 2',
      'id1>id2',
      'x',
      '',
      '01',
      '0x1',
      '1 2',
      '2x',
      '-1',
      'e>>f',
    ]
    return [
      ...(random.chance(70) ? [`set default="${random.pick(names)}"`] : []),
      ...(random.chance(15) ? ['if [ -n "$saved_entry" ]; then set default="$saved_entry"; fi'] : []),
      ...(random.chance(15) ? ['if [ "$next_entry" ]; then set default="$next_entry"; fi'] : []),
    ]
  }

  entry(depth: number): readonly string[] {
    const random = this.#random
    this.#entries += 1
    const title = random.pick([
      `'Entry ${this.#entries}'`,
      `"Entry ${this.#entries}"`,
      `"T $v0 ${this.#entries}"`,
      `E\\ ${this.#entries}`,
    ])
    const id = random.pick([
      '',
      '',
      ` --id id${this.#entries}`,
      ` --id=id${this.#entries}`,
      " --id 'e>f'",
      ` $v0`,
    ])
    const more = random.pick([
      '',
      '',
      ' --class gnu --class os',
      ' --unrestricted',
      ' p1 "p 2"',
      ' --hotkey=x',
    ])
    const body = this.loads(depth + 1)
    if (random.chance(10)) return [`menuentry ${title}${more}${id} --source 'linux /vmlinuz-1 s $1 "$2"'`]
    return [`menuentry ${title}${more}${id} {`, ...body.map((line) => `  ${line}`), '}']
  }

  submenu(depth: number): readonly string[] {
    this.#entries += 1
    const random = this.#random
    const inside = Array.from({ length: random.between(1, 3) }, () =>
      depth < 1 && random.chance(25) ? this.submenu(depth + 1) : this.entry(depth + 1),
    ).flat()
    return [
      `submenu "Sub ${this.#entries}" --id sub${this.#entries} {`,
      ...(random.chance(40) ? [`  ${this.assignment()}`] : []),
      ...(random.chance(20)
        ? ['  if [ -z "$harness_path" -o "$harness_path" = - ]; then set default=1; fi']
        : []),
      ...inside.map((line) => `  ${line}`),
      '}',
    ]
  }

  loads(depth: number): readonly string[] {
    const random = this.#random
    const kernel = random.pick([
      '/vmlinuz-1',
      '/vmlinuz-2',
      '(hd0,gpt3)/both',
      '(hd0,gpt2)/vmlinuz-1',
      '($root)/vmlinuz-1',
      '/vmlinuz-$v0',
      '"/vm linuz"',
    ])
    const command = random.pick(['linux', 'linux', 'linux', 'linux16', 'linuxefi'])
    const words = Array.from({ length: random.below(5) }, () => this.word()).join(' ')
    const initrd = `${random.pick(['initrd', 'initrd16', 'initrdefi'])} ${random.pick(['/initrd-1', '/initrd-1 /initrd-2', '$v1', '(hd0,gpt3)/i'])}`
    return [
      ...(random.chance(40) ? [this.search()] : []),
      ...(random.chance(30) ? this.statement(depth) : []),
      ...random.pick([
        [`${command} ${kernel} ${words}`, initrd],
        [`${command} ${kernel} ${words}`],
        [
          `if ${this.condition(depth)}; then ${command} ${kernel} ${words}; else linux /vmlinuz-2 other; fi`,
          initrd,
        ],
        [`multiboot2 /xen.gz ${words}`, 'module2 /vmlinuz-1 root=x', 'module2 /initrd-1'],
        ['chainloader (hd0,gpt1)+1'],
        ['echo nothing'],
        [`${command} ${kernel} $1 "$2" $# $chosen`, 'devicetree /dtb', initrd],
        [`${command} ${kernel} first`, initrd, `${command} ${kernel} ${words}`],
        this.#files === 'all' ? ['configfile /grub/menu.cfg'] : [`${command} ${kernel}`],
      ]),
    ]
  }

  statement(depth: number): readonly string[] {
    const random = this.#random
    const nest = depth < 3
    const roll = random.below(nest ? 26 : 11)
    const inner = (count = 2): readonly string[] => this.lines(random.between(1, count), depth + 1)
    switch (roll) {
      case 0:
      case 1:
      case 2:
        return [this.assignment()]
      case 3:
        return [this.search()]
      case 4:
        return [
          random.pick([
            'load_env',
            'load_env -f $prefix/grubenv',
            'load_env v0 v1',
            'load_env --file (hd0,gpt2)/grub/grubenv v2',
            'load_env -f /nothing',
          ]),
        ]
      case 5:
        return [
          `regexp ${random.pick(['--set v1', '--set 1:v1', '-s 2:v2 -s v3', '--set 0:v4', ''])} ${random.pick(["'^(.*)o(.*)$'", "'([0-9]+)'", "'a|b'", '"^([a-z]*)"', "'[[:digit:]]x'", "'^[^=]*=(.*)'"])} ${this.word()}`,
          'set r0=$?',
        ]
      case 6:
        return [
          `eval ${random.pick([`"set v2=$v1"`, `set v3=\\$v0`, `'set v1=$v2; set v2=x'`, this.word(), `"if true; then set r3=e; fi"`, '"set v1=\'"'])}`,
          'set r1=$?',
        ]
      case 7:
        return [`${random.pick(['unset', 'export'])} ${random.pick(VARIABLES)}`]
      case 8:
        return [
          random.pick([
            '# comment',
            `# it's ${this.word()}`,
            '',
            'insmod ext2',
            'true',
            'false',
            `${random.pick(VARIABLES)}=${this.word()}`,
            `nosuch ${this.word()}`,
            'echo $v0',
            '! true',
            '! false',
            'set',
            '$v0',
            '"$v9"',
          ]),
        ]
      case 9:
        return [`set v${random.below(5)}="line ${this.word().replaceAll(/["'\\]/g, '')}\\`, 'continued" ']
      case 10:
        return [
          random.pick([
            'probe --set=r2 --fs-uuid $root',
            'probe -s r2 -u (hd0,gpt3)',
            'probe --set r2 --label hd0,gpt3',
            'probe -s r2 --fs $root',
            'probe -s r2 --partmap (hd0,gpt1)',
            'set r2=$root',
            'set r2=$v1$v2',
            'set r2=$"x $v1 y"',
            "set r2='a;b'",
            'set r2=a;set r1=b',
            'set r2={',
            'set v4=*',
            'set v4=/sub/*.cfg',
          ]),
        ]
      case 11:
      case 12:
      case 13:
        return [
          `if ${this.condition(depth)}; then`,
          ...inner(),
          ...(random.chance(30) ? [`elif ${this.condition(depth)} ; then`, ...inner()] : []),
          ...(random.chance(50) ? ['else', ...inner()] : []),
          'fi',
        ]
      case 14:
        return [`if ${this.condition(depth)}; then ${inner(1).join('; ').replaceAll('; #', ' #')}`, 'fi']
      case 15:
      case 16: {
        const words = Array.from({ length: random.between(0, 4) }, () => this.word()).join(' ')
        return [
          `for v${random.below(5)} in ${words}; do`,
          ...inner(),
          ...(random.chance(30)
            ? [
                `if ${this.condition(depth)}; then ${random.pick(['break', 'continue', 'break 2', 'continue 2', 'break 0'])}; fi`,
                'set r0=$v1',
              ]
            : []),
          'done',
        ]
      }
      case 17: {
        const until = random.chance(40)
        return [
          'set v4=0',
          `${until ? 'until' : 'while'} [ "$v4" ${until ? '=' : '!='} "xxxx" ]; do`,
          ...this.plain(2),
          'if [ "$v4" = 0 ]; then v4=x; else v4="x$v4"; fi',
          ...(random.chance(30) ? ['if [ "$v4" = xx ]; then break; fi'] : []),
          'done',
        ]
      }
      case 18:
      case 19: {
        if (depth > 0) return [this.assignment()]
        this.#functions += 1
        const name = `f${this.#functions}`
        return [
          `function ${name} {`,
          random.pick([
            '  set r0="$# $1 $2"',
            '  shift; set r0=$1',
            '  setparams x "y z" $1; set r1=$2',
            '  for v1 in "$@"; do set r2="$r2.$v1"; done',
            '  for v1 in $@; do set r2="$r2.$v1"; done',
            '  set r3="$*"',
            '  set r3=$*',
            '  return 1',
            '  return',
            '  if [ "$1" = a ]; then return 3; fi',
          ]),
          ...inner(),
          '}',
          `${name} ${Array.from({ length: random.below(4) }, () => this.word()).join(' ')}`,
          'set r1=$?',
          ...(random.chance(30) ? [`if ${name} a; then set r2=t; else set r2=f; fi`] : []),
        ]
      }
      case 20:
        if (this.#files === 'withoutFiles') return [this.assignment()]
        return [
          random.pick([
            'source /grub/more.cfg',
            '. $prefix/more.cfg',
            'source /grub/nothing.cfg',
            'configfile /grub/nothing.cfg',
            'source (hd0,gpt2)/sub/two.cfg',
          ]),
        ]
      case 21:
        return random.pick([
          ['if true; then', 'fi', 'set v1=after'],
          ['set v0="open', 'set v1=x" more', 'set v2=y'],
          ["set v0='it''s'"],
          ['for x in a b', 'do set r0="$r0$x"', 'done'],
          ['set v1=a & set v2=b', 'set v3=c'],
          ['set v1=${v0}x${v2}', 'set v2=$v0$', 'set v3=ok'],
          ['if [ x ]; then set v1=a; fi; set v2=b'],
          ['menuentry', 'set v1=q'],
          ['set v1="$ 5"', 'set v2=n'],
          ['function g1', '{ set v1=g; }', 'g1'],
          ['while false; do', 'true', 'done', 'set r3=$?'],
          ['if false; then true; elif false; then true; fi', 'set r3=$?'],
          ['set v1=a\\', 'b', 'set v2="x\\', 'y"'],
          ['  # x "', "set v1='multi", "# line'", 'set v2=end'],
          ['}', 'set v1=b'],
          ['set v1=\\"q\\" v2=2'],
          ['set "v1=a b"', "set v2'=c'"],
          ["v1='a  b'", 'v2=$v1', 'v3="$v1"', 'set v4=$v1'],
        ])
      case 22:
        return [`set v${random.below(5)}=${random.pick(['$?', '$#', '$1', '"$*"', '$0', '"$@"', '$10'])}`]
      case 23:
        return [`test ${this.expression()}`, 'set r3=$?']
      default:
        return [
          `if [ ${this.expression()} ]; then set r${random.below(4)}=yes; else set r${random.below(4)}=no; fi`,
        ]
    }
  }

  plain(count: number): readonly string[] {
    return Array.from({ length: count }, () => `set v${this.#random.below(4)}=${this.word()}`)
  }

  assignment(): string {
    return `set v${this.#random.below(5)}=${this.word()}`
  }

  search(): string {
    const random = this.#random
    return random.pick([
      `search --no-floppy --fs-uuid --set=root ${random.pick([BOOT_UUID, ROOT_UUID, ESP_UUID, ROOT_UUID.toUpperCase(), 'no-such'])}`,
      `search --no-floppy --fs-uuid --set=root --hint-bios=hd0,gpt3 --hint-efi=hd0,gpt3 --hint-baremetal=ahci0,gpt3 ${ROOT_UUID}`,
      `search --fs-uuid --set ${ROOT_UUID}`,
      `search --set=v3 --label root`,
      `search -l -s v2 boot`,
      `search --file --set=root /only-root`,
      `search -f /both -s v1`,
      `search.fs_uuid ${ROOT_UUID} root hd0,gpt3`,
      `search.fs_label boot v1`,
      `search.file /only-root v2`,
      `search --label --set=root Root`,
      `search --no-such --set=root ${ROOT_UUID}`,
    ])
  }

  condition(depth: number): string {
    const random = this.#random
    return random.pick([
      `[ ${this.expression()} ]`,
      `[ ${this.expression()} ]`,
      `test ${this.expression()}`,
      'true',
      'false',
      '! false',
      `! [ ${this.expression()} ]`,
      `search --fs-uuid --set=v3 ${random.pick([ROOT_UUID, 'nope'])}`,
      `regexp '^a' "$v0"`,
      'nosuch',
      'load_env -f /nothing',
      `set v1=x; [ ${this.expression()} ]`,
      ...(depth > 4 ? [] : ['true; false', 'false\ntrue']),
    ])
  }

  expression(): string {
    const random = this.#random
    const one = (): string => {
      const [a, b] = [this.word(), this.word()]
      return random.pick([
        `${a} ${random.pick(['=', '==', '!=', '<', '>', '<=', '>='].map((op) => (/[<>]/.test(op) ? `'${op}'` : op)))} ${b}`,
        `${this.number()} ${random.pick(['-eq', '-ne', '-lt', '-le', '-gt', '-ge'])} ${this.number()}`,
        `${a} ${random.pick(['-pgt', '-plt'])} ${b}`,
        `-n ${a}`,
        `-z ${a}`,
        `"$v${random.below(5)}"`,
        `-${random.pick(['e', 'f', 'd', 's'])} ${random.pick(['/vmlinuz-1', '/sub', '/sub/', '/sub/two.cfg', '/nothing', '(hd0,gpt3)/only-root', '(hd0,gpt3)/', '$prefix/grubenv', '/sub/none/x', '(hd9)/x'])}`,
        a,
        `$v${random.below(5)} = x`,
      ])
    }
    const [x, y, z] = [one(), one(), one()]
    return random.pick([
      x,
      x,
      x,
      `! ${x}`,
      `${x} -a ${y}`,
      `${x} -o ${y}`,
      `${x} -a ${y} -o ${z}`,
      `${x} -o ! ${y} -a ${z}`,
      `( ${x} -o ${y} ) -a ${z}`,
      `! ( ${x} )`,
    ])
  }

  number(): string {
    return this.#random.pick([
      '0',
      '1',
      '10',
      '-1',
      '0x1f',
      '010',
      '08',
      '$v0',
      '"$v1"',
      'x',
      '4294967296',
      '-5',
      '3z',
    ])
  }

  word(): string {
    const random = this.#random
    const [plain, name] = [random.pick(WORDS), random.pick(VARIABLES)]
    return random.pick([
      plain,
      plain,
      `$${name}`,
      `\${${name}}`,
      `"$${name}"`,
      `"${plain} \${${name}} $v1"`,
      `'${plain} $v0'`,
      `${plain}$${name}`,
      `$${name}"x y"`,
      `"a b"`,
      `''`,
      `""`,
      `a\\ b`,
      `\\$v0`,
      `"q\\"q\\$v0\\\\z\\n"`,
      `'a"b'`,
      `"it's"`,
      `\\'x`,
      `a#b`,
      `x=$v0$v1`,
      `$v0$v1`,
      `/sub/\\*`,
      `"/sub/*"`,
      `a*`,
    ])
  }
}

function environment(draw: Draw): string {
  const lines = [
    '# GRUB Environment Block',
    'saved_entry=1',
    `v0=${['a', 'env b', '2'][draw.number().length % 3]}`,
    'v1=x\\\\y',
    'v2=kernel opts ro',
    'next_entry=',
  ]
  return `${lines.join('\n')}\n`.padEnd(1024, '#')
}
