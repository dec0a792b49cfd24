import type { Random } from '../random.ts'
import { BOOT_UUID, ESP_UUID, ROOT_UUID } from './disk.ts'

export const VARIABLES = ['v0', 'v1', 'v2', 'v3', 'v4']
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

/** Words of a configuration, and what one line is made of: numbers, conditions of `test`, assignments, searches. */
export class Words {
  readonly #random: Random

  constructor(random: Random) {
    this.#random = random
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

  assignment(): string {
    return `set v${this.#random.below(5)}=${this.word()}`
  }

  plain(count: number): readonly string[] {
    return Array.from({ length: count }, () => `set v${this.#random.below(4)}=${this.word()}`)
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
}
