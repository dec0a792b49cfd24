import { nodesOf } from '../../stack/index.ts'
import type { StackNode, Volume } from '../../stack/index.ts'
import type { Finding } from '../../../core/index.ts'
import { finding } from '../findings.ts'
import { isInMemdisk } from './memdisk.ts'

/** What a program of GRUB is made of: the names of the modules that grub-mkimage put into it. */
export type GrubProgram = Readonly<{
  /** `p1:/EFI/BOOT/BOOTX64.EFI`. */
  file: string
  modules: ReadonlySet<string>
}>

/** What one GRUB can load: reads its directory of modules. */
export type ModuleFiles = Readonly<{
  isFile: (path: string) => Promise<boolean>
  names: (directory: string) => Promise<readonly string[]>
  text: (path: string) => Promise<string | undefined>
}>

/** Modules by the type of a file system. Another type has none, or is not read by GRUB. */
const FILE_SYSTEMS: Readonly<Record<string, string>> = {
  ext2: 'ext2',
  ext3: 'ext2',
  ext4: 'ext2',
  xfs: 'xfs',
  btrfs: 'btrfs',
  vfat: 'fat',
  iso9660: 'iso9660',
  squashfs: 'squash4',
  erofs: 'erofs',
}
const MOST_LOADED = 1024

/**
 * Which modules a GRUB has at one moment. Nothing loads those for partition tables and volume managers but `insmod`. Those for
 * file systems it loads by itself, once `normal` runs, where its directory has them (grub-core/normal/autofs.c).
 */
export class GrubModules {
  readonly program: GrubProgram
  readonly #disk: StackNode
  #loaded: ReadonlySet<string>
  #byItself: ReadonlySet<string> = new Set()
  #directory: string | undefined

  constructor(disk: StackNode, program: GrubProgram, loaded: ReadonlySet<string> = program.modules) {
    this.#disk = disk
    this.program = program
    this.#loaded = loaded
  }

  /** One that goes its own way from here. */
  copy(): GrubModules {
    const other = new GrubModules(this.#disk, this.program, this.#loaded)
    other.#byItself = this.#byItself
    other.#directory = this.#directory
    return other
  }

  get loaded(): ReadonlySet<string> {
    return this.#loaded
  }

  /** As it was when this set was taken from it. */
  restore(loaded: ReadonlySet<string>): void {
    this.#loaded = loaded
  }

  /** The first module that is missing to see a volume. */
  missingFor({ address, node, fileSystem }: Volume): string | undefined {
    if (isInMemdisk(`${address}:`)) return undefined
    const device = this.#toReach(node).find((name) => !this.#loaded.has(name))
    if (device !== undefined) return device
    const own = FILE_SYSTEMS[fileSystem.facts.type]
    return own === undefined || this.#loaded.has(own) || this.#byItself.has(own) ? undefined : own
  }

  /** Modules of file systems that it loads by itself: what lies in its directory, which is read where `$prefix` changes. */
  async lookInto(directory: string, files: ModuleFiles): Promise<void> {
    if (directory === this.#directory) return
    this.#directory = directory
    const names = await files.names(directory)
    // A prefix without the list leaves the list of the one before.
    if (!names.includes('fs.lst')) return
    this.#byItself = new Set(
      names.flatMap((name) => (name.endsWith('.mod') ? [name.slice(0, -'.mod'.length)] : [])),
    )
  }

  /** A name, or the path of a file. One that is not there is not loaded. */
  async load(word: string, directory: string, files: ModuleFiles): Promise<void> {
    const isPath = /^[/(+]/.test(word)
    const name = isPath ? word.replace(/^.*\//s, '').replace(/\.mod$/, '') : word
    if (this.#loaded.has(name) || !(await files.isFile(isPath ? word : `${directory}/${name}.mod`))) return
    const loaded = new Set(this.#loaded)
    const needs = dependencies((await files.text(`${directory}/moddep.lst`)) ?? '')
    const next = [name]
    for (let one = next.pop(); one !== undefined && loaded.size < MOST_LOADED; one = next.pop()) {
      if (loaded.has(one)) continue
      loaded.add(one)
      next.push(...(needs.get(one) ?? []))
    }
    this.#loaded = loaded
  }

  /** Modules for what a node lies in. */
  #toReach(node: StackNode): readonly string[] {
    const path = pathTo(this.#disk, node)
    return path.flatMap((one, index) => {
      if (one.role === 'mirror') return this.#mirror(one)
      if (one.content.kind === 'logical volumes') {
        const [first] = one.content.group.physicalVolumes
        return [...this.#reachAddress(first), 'lvm']
      }
      if (one.content.kind !== 'partition table' || path[index + 1]?.role !== 'partition') return []
      return [one.content.table.scheme === 'gpt' ? 'part_gpt' : 'part_msdos']
    })
  }

  /** What ends with the superblock is read as if it was no mirror. */
  #mirror({ readFrom }: StackNode): readonly string[] {
    const member = this.#reachAddress(readFrom?.address)
    return readFrom === undefined || readFrom.offsetBytes === 0 ? member : [...member, 'mdraid1x']
  }

  #reachAddress(address: string | undefined): readonly string[] {
    const node = nodesOf(this.#disk).find((one) => one.address === address)
    return node === undefined || node.role === 'volume group' ? [] : this.#toReach(node)
  }
}

export function missingModule(file: string, module: string, address: string): Finding {
  return finding('GRUB_MODULE_MISSING', file, `without ${module} it does not see ${address}`)
}

/** `lvm: diskfilter` in each line. */
function dependencies(text: string): ReadonlyMap<string, readonly string[]> {
  return new Map(
    text.split('\n').flatMap((line) => {
      const [name, needs] = line.split(':')
      return name === undefined || needs === undefined
        ? []
        : [[name.trim(), needs.split(' ').filter((one) => one !== '')] as const]
    }),
  )
}

/** From the disk to a node of it, both included. */
function pathTo(top: StackNode, node: StackNode): readonly StackNode[] {
  if (top === node) return [top]
  for (const child of top.children) {
    const path = pathTo(child, node)
    if (path.length > 0) return [top, ...path]
  }
  return []
}
