import type { Random } from '../random.ts'
import { ROOT_UUID } from './disk.ts'
import { VARIABLES, Words } from './draw-words.ts'

/** Whether a configuration reads other files. A file that is read by others reads none itself: GRUB would not come to an end. */
export type ReadsFiles = 'all' | 'withoutFiles'

/** Statements of the language: conditions, loops, functions, and lines that GRUB refuses. */
export class Statements {
  readonly #random: Random
  readonly #words: Words
  readonly #files: ReadsFiles
  #functions = 0

  constructor(random: Random, files: ReadsFiles) {
    this.#random = random
    this.#words = new Words(random)
    this.#files = files
  }

  lines(count: number, depth: number): readonly string[] {
    return Array.from({ length: count }, () => this.statement(depth)).flat()
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
        return [this.#words.assignment()]
      case 3:
        return [this.#words.search()]
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
          `regexp ${random.pick(['--set v1', '--set 1:v1', '-s 2:v2 -s v3', '--set 0:v4', ''])} ${random.pick(["'^(.*)o(.*)$'", "'([0-9]+)'", "'a|b'", '"^([a-z]*)"', "'[[:digit:]]x'", "'^[^=]*=(.*)'"])} ${this.#words.word()}`,
          'set r0=$?',
        ]
      case 6:
        return [
          `eval ${random.pick([`"set v2=$v1"`, `set v3=\\$v0`, `'set v1=$v2; set v2=x'`, this.#words.word(), `"if true; then set r3=e; fi"`, '"set v1=\'"'])}`,
          'set r1=$?',
        ]
      case 7:
        return [`${random.pick(['unset', 'export'])} ${random.pick(VARIABLES)}`]
      case 8:
        return [
          random.pick([
            '# comment',
            `# it's ${this.#words.word()}`,
            '',
            'insmod ext2',
            'true',
            'false',
            `${random.pick(VARIABLES)}=${this.#words.word()}`,
            `nosuch ${this.#words.word()}`,
            'echo $v0',
            '! true',
            '! false',
            'set',
            '$v0',
            '"$v9"',
          ]),
        ]
      case 9:
        return [
          `set v${random.below(5)}="line ${this.#words.word().replaceAll(/["'\\]/g, '')}\\`,
          'continued" ',
        ]
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
        const words = Array.from({ length: random.between(0, 4) }, () => this.#words.word()).join(' ')
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
          ...this.#words.plain(2),
          'if [ "$v4" = 0 ]; then v4=x; else v4="x$v4"; fi',
          ...(random.chance(30) ? ['if [ "$v4" = xx ]; then break; fi'] : []),
          'done',
        ]
      }
      case 18:
      case 19: {
        if (depth > 0) return [this.#words.assignment()]
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
          `${name} ${Array.from({ length: random.below(4) }, () => this.#words.word()).join(' ')}`,
          'set r1=$?',
          ...(random.chance(30) ? [`if ${name} a; then set r2=t; else set r2=f; fi`] : []),
        ]
      }
      case 20:
        if (this.#files === 'withoutFiles') return [this.#words.assignment()]
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
        return [`test ${this.#words.expression()}`, 'set r3=$?']
      default:
        return [
          `if [ ${this.#words.expression()} ]; then set r${random.below(4)}=yes; else set r${random.below(4)}=no; fi`,
        ]
    }
  }

  condition(depth: number): string {
    const random = this.#random
    return random.pick([
      `[ ${this.#words.expression()} ]`,
      `[ ${this.#words.expression()} ]`,
      `test ${this.#words.expression()}`,
      'true',
      'false',
      '! false',
      `! [ ${this.#words.expression()} ]`,
      `search --fs-uuid --set=v3 ${random.pick([ROOT_UUID, 'nope'])}`,
      `regexp '^a' "$v0"`,
      'nosuch',
      'load_env -f /nothing',
      `set v1=x; [ ${this.#words.expression()} ]`,
      ...(depth > 4 ? [] : ['true; false', 'false\ntrue']),
    ])
  }
}
