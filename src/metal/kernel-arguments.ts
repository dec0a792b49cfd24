/**
 * The kernel command line of one deployment, made of layers: the boot contract of the image, its property
 * `kernel_cmdline`, then `--karg`. Stated rules:
 *
 * 1. Layers apply in this order; within a layer the order is kept.
 * 2. An argument `name=value` or `name` of a later layer takes the place of all earlier ones of that name, because the
 *    kernel and most of userspace let the last one win. It stands where the first of them stood.
 * 3. Names that are lists (`console`, `rd.lvm.lv`, …) add up; one that is there already word for word is not repeated.
 * 4. `--delete-karg name` takes all of that name away, `--delete-karg name=value` that one; before `--karg` adds.
 */
export type KernelArgument = Readonly<{
  text: string
  /** Where it comes from: `the boot entry`, `image property kernel_cmdline`, `--karg`, … */
  origin: string
  /** What it took the place of. */
  replaced?: readonly PlainArgument[]
}>

export type PlainArgument = Readonly<{ text: string; origin: string }>

export type ArgumentLayers = Readonly<{
  /** What the image boots with when nobody says anything else; read from its boot entry. */
  contract: readonly PlainArgument[]
  /** The property `kernel_cmdline` of the image. */
  property?: string
  added: readonly string[]
  deleted: readonly string[]
}>

export type MergedArguments = Readonly<{
  arguments: readonly KernelArgument[]
  removed: readonly PlainArgument[]
  /** `--delete-karg` that met nothing: a typo, more likely than not. */
  unmatched: readonly string[]
}>

/** Given several times they all count. Documentation/admin-guide/kernel-parameters.txt; dracut.cmdline(7). */
const LISTS = new Set(
  `console earlycon ip nameserver vlan bond bridge team rd.route rd.lvm.lv rd.lvm.vg rd.luks.uuid rd.luks.name
  rd.luks.options rd.md.uuid rd.dm.uuid rd.znet rd.driver.blacklist rd.driver.pre rd.driver.post rd.neednet
  modprobe.blacklist module_blacklist systemd.setenv systemd.wants systemd.mask rd.systemd.mask earlyprintk
  netroot memmap isolcpus dyndbg`.split(/\s+/),
)

/** Throws nothing: what is wrong with an argument is for `lintArguments`. */
export function mergeArguments(layers: ArgumentLayers): MergedArguments {
  const property = splitCommandLine(layers.property ?? '').map((text) => ({
    text,
    origin: 'image property kernel_cmdline',
  }))
  const below = [...layers.contract, ...property].reduce<readonly KernelArgument[]>(lay, [])
  const { kept, removed, unmatched } = take(below, layers.deleted)
  const added = layers.added
    .flatMap((one) => splitCommandLine(one))
    .map((text) => ({ text, origin: '--karg' }))
  return { arguments: added.reduce<readonly KernelArgument[]>(lay, kept), removed, unmatched }
}

/** The text that the kernel gets. */
export function commandLine(merged: readonly PlainArgument[]): string {
  return merged.map((one) => one.text).join(' ')
}

export function argumentName(text: string): string {
  return text.split('=', 1)[0] ?? text
}

/** Splits as the kernel does (lib/cmdline.c, next_arg): at white space that is not between double quotes. */
export function splitCommandLine(text: string): readonly string[] {
  const words: string[] = []
  let word = ''
  let quoted = false
  for (const character of text) {
    if (character === '"') quoted = !quoted
    if (/\s/.test(character) && !quoted) {
      if (word !== '') words.push(word)
      word = ''
    } else {
      word += character
    }
  }
  return word === '' ? words : [...words, word]
}

function lay(below: readonly KernelArgument[], next: PlainArgument): readonly KernelArgument[] {
  const name = argumentName(next.text)
  if (below.some((one) => one.text === next.text)) return below
  const earlier = LISTS.has(name) ? [] : below.filter((one) => argumentName(one.text) === name)
  const [first] = earlier
  if (first === undefined) return [...below, { text: next.text, origin: next.origin }]
  const replaced = earlier.map(({ text, origin }) => ({ text, origin }))
  return below.flatMap((one) =>
    one === first ? [{ text: next.text, origin: next.origin, replaced }] : earlier.includes(one) ? [] : [one],
  )
}

function take(
  below: readonly KernelArgument[],
  deleted: readonly string[],
): Readonly<{
  kept: readonly KernelArgument[]
  removed: readonly PlainArgument[]
  unmatched: readonly string[]
}> {
  const meets = (wanted: string, one: KernelArgument): boolean =>
    wanted.includes('=') ? one.text === wanted : argumentName(one.text) === wanted
  const isTaken = (one: KernelArgument): boolean => deleted.some((wanted) => meets(wanted, one))
  return {
    kept: below.filter((one) => !isTaken(one)),
    removed: below.filter(isTaken).map(({ text, origin }) => ({ text, origin })),
    unmatched: deleted.filter((wanted) => !below.some((one) => meets(wanted, one))),
  }
}
