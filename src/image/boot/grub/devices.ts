import { matchDevice, nodesOf } from '../../stack/index.ts'
import type { StackNode, Volume } from '../../stack/index.ts'

/**
 * What GRUB calls the volumes of the one disk that it is booted from: `hd0,gpt2`, `hd0,msdos1`, `lvm/vg-lv`
 * (GRUB manual, "Device syntax").
 */
export class GrubDevices {
  readonly #disk: StackNode

  constructor(disk: StackNode) {
    this.#disk = disk
  }

  nameOf({ node }: Volume): string {
    if (node.role === 'logical volume') {
      const names = node.address.split('/').map((name) => name.replaceAll('-', '--'))
      return `lvm/${names.join('-')}`
    }
    if (node.partition === undefined) return 'hd0'
    const { content } = this.#disk
    const scheme = content.kind === 'partition table' && content.table.scheme === 'gpt' ? 'gpt' : 'msdos'
    return `hd0,${scheme}${node.partition.number}`
  }

  /** undefined for a device of another disk, or one that has no file system that can be read. */
  volumeOf(device: string): Volume | undefined {
    const name = device.replace(/^\((.*)\)$/, '$1')
    const [, disk, number] = /^hd(\d+)(?:,(?:gpt|msdos)?(\d+))?$/.exec(name) ?? []
    if (disk === '0')
      return this.#volume(
        this.#nodes().find(({ address }) => address === (number === undefined ? '' : `p${number}`)),
      )
    const [, mapped] = /^lvm\/(.+)$/.exec(name) ?? []
    if (mapped === undefined) return undefined
    return this.#volume(
      this.#nodes().find(
        (node) => node.role === 'logical volume' && this.nameOf({ node } as Volume) === `lvm/${mapped}`,
      ),
    )
  }

  /** What `search` finds. */
  byTag(tag: 'UUID' | 'LABEL', value: string): Volume | undefined {
    return this.#volume(matchDevice(this.#disk, `${tag}=${value}`)[0])
  }

  volumes(): readonly Volume[] {
    return this.#nodes().flatMap((node) => this.#volume(node) ?? [])
  }

  #nodes(): readonly StackNode[] {
    return nodesOf(this.#disk)
  }

  #volume(node: StackNode | undefined): Volume | undefined {
    if (node?.content.kind !== 'file system') return undefined
    return { address: node.address, node, fileSystem: node.content.fileSystem }
  }
}
