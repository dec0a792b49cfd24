import type { Random } from '../random.ts'
import type { ReadsFiles, Statements } from './draw-statements.ts'
import { Words } from './draw-words.ts'

/** Entries and submenus, what loads a kernel in them, and which of them GRUB takes by itself. */
export class Menu {
  readonly #random: Random
  readonly #words: Words
  readonly #statements: Statements
  readonly #files: ReadsFiles
  #entries = 0

  constructor(random: Random, files: ReadsFiles, statements: Statements) {
    this.#random = random
    this.#words = new Words(random)
    this.#statements = statements
    this.#files = files
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
      ...(random.chance(40) ? [`  ${this.#words.assignment()}`] : []),
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
    const words = Array.from({ length: random.below(5) }, () => this.#words.word()).join(' ')
    const initrd = `${random.pick(['initrd', 'initrd16', 'initrdefi'])} ${random.pick(['/initrd-1', '/initrd-1 /initrd-2', '$v1', '(hd0,gpt3)/i'])}`
    return [
      ...(random.chance(40) ? [this.#words.search()] : []),
      ...(random.chance(30) ? this.#statements.statement(depth) : []),
      ...random.pick([
        [`${command} ${kernel} ${words}`, initrd],
        [`${command} ${kernel} ${words}`],
        [
          `if ${this.#statements.condition(depth)}; then ${command} ${kernel} ${words}; else linux /vmlinuz-2 other; fi`,
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
}
