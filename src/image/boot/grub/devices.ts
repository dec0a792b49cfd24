import { matchDevice, nodesOf } from '../../stack/index.ts'
import type { StackNode, Volume } from '../../stack/index.ts'
import type { Partition } from '../../../formats/partition-table/index.ts'
import { MEMDISK } from './memdisk.ts'
import type { GrubModules } from './modules.ts'

/**
 * What GRUB calls the volumes of the one disk that it is booted from: `hd0,gpt2`, `hd0,msdos1`, `lvm/vg-lv`
 * (GRUB manual, "Device syntax").
 */
export class GrubDevices {
  readonly #disk: StackNode
  readonly #memdisk: Volume | undefined
  readonly #modules: GrubModules | undefined
  /** Of each module the first volume that was asked for and is not seen without it. */
  readonly unseen = new Map<string, Volume>()

  /** `memdisk`: what the program of GRUB itself carries. `modules`: what it sees; everything where that is not known. */
  constructor(disk: StackNode, memdisk?: Volume, modules?: GrubModules) {
    this.#disk = disk
    this.#memdisk = memdisk
    this.#modules = modules
  }

  /** The same devices, for a GRUB that has these modules. */
  seenBy(modules: GrubModules | undefined): GrubDevices {
    return modules === undefined ? this : new GrubDevices(this.#disk, this.#memdisk, modules)
  }

  /** Whether this GRUB has the modules for it; what is missing is kept. */
  sees(volume: Volume): boolean {
    const missing = this.#modules?.missingFor(volume)
    if (missing !== undefined && !this.unseen.has(missing)) this.unseen.set(missing, volume)
    return missing === undefined
  }

  nameOf({ address, node }: Volume): string {
    if (address === this.#memdisk?.address) return MEMDISK
    if (node.role === 'logical volume') {
      const names = node.address.split('/').map((name) => name.replaceAll('-', '--'))
      return `lvm/${names.join('-')}`
    }
    if (node.role === 'mirror') return node.address
    if (node.role === 'boot image') return `hd0,${node.address}`
    if (node.partition === undefined) return 'hd0'
    const { content } = this.#disk
    const scheme = content.kind === 'partition table' && content.table.scheme === 'gpt' ? 'gpt' : 'msdos'
    return `hd0,${scheme}${node.partition.number}`
  }

  /** undefined for a device of another disk, or one that has no file system that this GRUB can read. */
  volumeOf(device: string): Volume | undefined {
    const volume = this.#named(device)
    return volume !== undefined && this.sees(volume) ? volume : undefined
  }

  #named(device: string): Volume | undefined {
    const name = device.replace(/^\((.*)\)$/, '$1')
    if (name === MEMDISK) return this.#memdisk
    const [, disk, number] = /^hd(\d+)(?:,(?:gpt|msdos)?(\d+))?$/.exec(name) ?? []
    if (disk === '0') return this.#onDisk(number === undefined ? '' : `p${number}`)
    // GRUB calls the disc and the image that it was started from `cd0`, or by the number of the disk.
    const [, bootImage] = /^[ch]d0,(et\d+)$/.exec(name) ?? []
    if (bootImage !== undefined || name === 'cd0') {
      return this.#volume(this.#nodes().find(({ address }) => address === (bootImage ?? '')))
    }
    if (name.startsWith('md')) return this.#volume(this.#mirrorOf(name))
    const [, mapped] = /^lvm\/(.+)$/.exec(name) ?? []
    if (mapped === undefined) return undefined
    return this.#volume(
      this.#nodes().find(
        (node) => node.role === 'logical volume' && this.nameOf({ node } as Volume) === `lvm/${mapped}`,
      ),
    )
  }

  /** What `search` finds: a UUID in whatever case, a label as it stands. */
  byTag(tag: 'UUID' | 'LABEL', value: string): Volume | undefined {
    const found = matchDevice(this.#disk, `${tag}=${value}`)
    return this.volumes().find((volume) => found.includes(volume.node) && this.sees(volume))
  }

  /** What `probe` answers to the first of its questions that was asked; undefined where it is not known here. */
  probe({ node, fileSystem }: Volume, questions: readonly string[]): string | undefined {
    const { facts } = fileSystem
    const { content } = this.#disk
    const scheme =
      node.partition === undefined || content.kind !== 'partition table' ? 'none' : content.table.scheme
    const asked = (one: string): boolean => questions.includes(one)
    if (asked('driver')) return node.role === 'logical volume' ? 'lvm' : undefined
    if (asked('partmap')) return scheme === 'mbr' ? 'msdos' : scheme
    if (asked('part-uuid')) return scheme === 'gpt' ? node.partition?.partUuid.toLowerCase() : undefined
    if (asked('fs')) return facts.type.startsWith('ext') ? 'ext2' : facts.type === 'vfat' ? 'fat' : facts.type
    if (asked('fs-uuid')) return facts.uuid
    if (asked('label')) return facts.label
    return undefined
  }

  /** Of a GPT; none of another disk. */
  partitionsOf(disk: string): readonly Partition[] {
    const { content } = this.#disk
    if (disk !== 'hd0' || content.kind !== 'partition table' || content.table.scheme !== 'gpt') return []
    return this.#modules === undefined || this.#modules.loaded.has('part_gpt') ? content.table.partitions : []
  }

  /** What `search` finds by what a GPT says: a device, also of a partition that holds no file system. */
  byGpt(by: 'part_label' | 'part_uuid' | 'disk_uuid', value: string): string | undefined {
    const { content } = this.#disk
    const partitions = this.partitionsOf('hd0')
    if (by === 'disk_uuid') {
      const isIt =
        content.kind === 'partition table' && content.table.id.toLowerCase() === value.toLowerCase()
      return isIt && partitions.length > 0 ? 'hd0' : undefined
    }
    const found = partitions.find(({ label, partUuid }) =>
      by === 'part_label' ? label === value : partUuid.toLowerCase() === value.toLowerCase(),
    )
    return found && `hd0,gpt${found.number}`
  }

  /** As `search` goes through them, seen or not: logical volumes, the disk, then its partitions from the last one on. */
  volumes(): readonly Volume[] {
    const all = this.#nodes().flatMap((node) => this.#volume(node) ?? [])
    const isLogical = ({ node }: Volume): boolean => node.role === 'logical volume'
    const isPartition = ({ node }: Volume): boolean => node.role === 'partition'
    return [
      ...all.filter(isLogical),
      ...all.filter((one) => !isLogical(one) && !isPartition(one)),
      ...all.filter(isPartition).toReversed(),
    ]
  }

  /** A member whose content begins with itself is read as if it was no mirror, too. */
  #onDisk(address: string): Volume | undefined {
    const node = this.#nodes().find((one) => one.address === address)
    if (node?.content.kind !== 'mirror member') return this.#volume(node)
    const { mirror } = node.content
    return this.#volume(
      this.#nodes().find((one) => one.address === mirror && one.readFrom?.offsetBytes === 0),
    )
  }

  /**
   * `md/boot` by the name of the array (`md/md7` by its number, with metadata 0.90), `mduuid/…` by its UUID (`grub_diskfilter_vg_register`
   * in disk/diskfilter.c).
   */
  #mirrorOf(name: string): StackNode | undefined {
    const nodes = this.#nodes()
    const uuid = /^mduuid\/([\da-f]{32})$/.exec(name)?.[1]
    const member = nodes.find(
      ({ content }) => content.kind === 'mirror member' && content.uuid.replaceAll('-', '') === uuid,
    )
    const byUuid = member?.content.kind === 'mirror member' ? member.content.mirror : undefined
    return nodes.find(
      (one) =>
        one.role === 'mirror' && [byUuid, name, name.replace(/^md\/md(\d+)$/, 'md/$1')].includes(one.address),
    )
  }

  /** Without partitions of type 0, which Linux takes and GRUB takes for unused (`grub_msdos_partition_is_empty`). */
  #nodes(): readonly StackNode[] {
    return nodesOf(this.#disk).filter(({ partition }) => partition?.type !== '0x00')
  }

  #volume(node: StackNode | undefined): Volume | undefined {
    if (node?.content.kind !== 'file system') return undefined
    return { address: node.address, node, fileSystem: node.content.fileSystem }
  }
}
