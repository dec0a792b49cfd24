import { unescapeHex } from '../../core/index.ts'
import type { FileSystem } from '../../formats/filesystem/index.ts'
import { raise } from './errors.ts'
import type { StackNode } from './node.ts'
import { atSubvolume, namedSubvolume } from './subvolume.ts'

/** A node that holds a file system which can be read. */
export type Volume = Readonly<{
  /** As people type it: `p2`; `p3[/root]` for a subvolume. */
  address: string
  node: StackNode
  fileSystem: FileSystem
  /** Path of the subvolume that this is, from the top level; left out for the whole of a file system. */
  subvolume?: string
}>

/** Every node, parents before children, in the order of the disk. */
export function nodesOf(node: StackNode): readonly StackNode[] {
  return [node, ...node.children.flatMap(nodesOf)]
}

/** Every file system that can be read, in the order of the disk. */
export function volumesOf(disk: StackNode): readonly Volume[] {
  return nodesOf(disk).flatMap((node) =>
    node.content.kind === 'file system'
      ? [{ address: node.address, node, fileSystem: node.content.fileSystem }]
      : [],
  )
}

/**
 * The node that an address names: as it is printed (`p2`, `atomicos/root`), or as fstab(5) would have it (`UUID=…`,
 * `LABEL=…`, `PARTUUID=…`, `PARTLABEL=…`, `/dev/mapper/atomicos-root`). Throws ADDRESS_UNKNOWN, ADDRESS_AMBIGUOUS.
 */
export function findNode(disk: StackNode, address: string): StackNode {
  const nodes = nodesOf(disk)
  const exact = nodes.find((node) => node.address === address)
  if (exact !== undefined) return exact
  const [first, ...others] = matchDevice(disk, address)
  if (first === undefined) {
    throw raise('ADDRESS_UNKNOWN', { address, image: disk.name, present: addressesOf(nodes) })
  }
  if (others.length > 0) {
    throw raise('ADDRESS_AMBIGUOUS', { address, image: disk.name, present: addressesOf([first, ...others]) })
  }
  return first
}

/** A part of a disk that was recognised and is not read. */
export type UnreadableNode = StackNode &
  Readonly<{ content: Extract<StackNode['content'], { kind: 'unreadable' }> }>

export function unreadableOf(disk: StackNode): readonly UnreadableNode[] {
  return nodesOf(disk).filter((node): node is UnreadableNode => node.content.kind === 'unreadable')
}

/** Where something was not found, the largest part that is not read is the likeliest to hold it: its words for an error. */
export function largestUnreadable(
  disk: StackNode,
): Readonly<{ part: string; reason: string; remedy: string }> | undefined {
  const [largest] = unreadableOf(disk).toSorted((a, b) => b.sizeBytes - a.sizeBytes)
  if (largest === undefined) return undefined
  const { message, remedy } = largest.content.refusal
  return { part: largest.address === '' ? 'its disk' : largest.address, reason: message, remedy }
}

/**
 * As `findNode`, for the file system in it, or for a subvolume of that: `p3[/root]`. Throws ADDRESS_NO_FILE_SYSTEM,
 * ADDRESS_UNREADABLE and ADDRESS_NO_SUBVOLUME, too.
 */
export function findVolume(disk: StackNode, address: string): Volume {
  const [, outside, path] = /^([^[]*)\[(.*)\]$/s.exec(address) ?? []
  if (outside === undefined || path === undefined) return findWhole(disk, address)
  const whole = findWhole(disk, outside)
  const { subvolumes = [] } = whole.fileSystem
  const { found } = namedSubvolume(subvolumes, [`subvol=${path}`]) ?? {}
  if (found !== undefined) return atSubvolume(whole, found)
  const present = subvolumes.map((one) => one.path)
  throw raise('ADDRESS_NO_SUBVOLUME', { path, address: outside, image: disk.name, present })
}

function findWhole(disk: StackNode, address: string): Volume {
  const node = findNode(disk, address)
  const { content } = node
  if (content.kind === 'file system') return { address: node.address, node, fileSystem: content.fileSystem }
  const image = disk.name
  if (content.kind === 'unreadable') {
    const { message, remedy } = content.refusal
    throw raise('ADDRESS_UNREADABLE', { address, image, reason: message, remedy })
  }
  throw raise('ADDRESS_NO_FILE_SYSTEM', {
    address,
    image,
    content: content.kind === 'unknown' ? 'nothing that is known' : `a ${content.kind}`,
    present: addressesOf(volumesOf(disk)),
  })
}

/**
 * The nodes that a device of fstab(5), of a kernel's `root=` or of a boot loader names. Names that depend on the
 * machine (/dev/sda2, /dev/vda2) name the partition of that number, as there is only one disk here: /dev/sdb2 is another's.
 */
export function matchDevice(disk: StackNode, named: string): readonly StackNode[] {
  // dracut.cmdline(7)
  const device = named.replace(/^block:/, '')
  const nodes = nodesOf(disk)
  const relative = /^PARTUUID=([^/]+)\/PARTNROFF=(-?\d{1,3})$/i.exec(device)
  if (relative !== null) {
    const from = nodes.find((node) => matchTag(node, 'PARTUUID', relative[1] ?? ''))
    const number = (from?.partition?.number ?? Number.NaN) + Number(relative[2])
    return nodes.filter((node) => node.address === `p${number}`)
  }
  const tag = /^(UUID|LABEL|PARTUUID|PARTLABEL)=(.*)$/.exec(device)
  if (tag !== null) {
    const [, name = '', quoted = ''] = tag
    const value = quoted.replace(/^"(.*)"$/, '$1')
    return nodes.filter((node) => matchTag(node, name, value))
  }
  const byLink = /^\/dev\/disk\/by-(uuid|label|partuuid|partlabel)\/(.*)$/.exec(device)
  if (byLink !== null) {
    const [, name = '', value = ''] = byLink
    return nodes.filter((node) => matchTag(node, name.toUpperCase(), unescapeHex(value)))
  }
  const byNumber = partitionOfNumber(device)
  if (byNumber !== undefined) return nodes.filter((node) => node.address === `p${byNumber}`)
  const [, mapped] = /^\/dev\/disk\/by-id\/dm-name-(.+)$/.exec(device) ?? []
  if (mapped !== undefined)
    return nodes.filter(
      (node) => node.role === 'logical volume' && mapperPath(node) === `/dev/mapper/${unescapeHex(mapped)}`,
    )
  const partition = /^\/dev\/(?:[shv]da|xvda|(?:nvme0n1|mmcblk0|loop0)p)(\d+)$/.exec(device)
  if (partition !== null) return nodes.filter((node) => node.address === `p${partition[1]}`)
  const ofMirror = (node: StackNode): boolean =>
    node.role === 'mirror' && [`/dev/${node.address}`, `/dev/md${node.name}`].includes(device)
  return nodes.filter(
    (node) =>
      ofMirror(node) ||
      (node.role === 'logical volume' && [mapperPath(node), `/dev/${node.address}`].includes(device)),
  )
}

/** Major numbers whose minor ones count partitions of the first disk (Documentation/admin-guide/devices.txt; virtio's are dynamic). */
const PARTITIONS_OF: Readonly<Record<number, number>> = {
  3: 64,
  8: 16,
  179: 8,
  202: 16,
  252: 16,
  253: 16,
  254: 16,
}

/** The partition of the first disk that a device number names: `8:1`, or `0801`, as the kernel reads it (new_decode_dev). */
function partitionOfNumber(device: string): number | undefined {
  const number = deviceNumber(device)
  if (number === undefined) return undefined
  const { major, minor } = number
  const most = PARTITIONS_OF[major]
  return most !== undefined && minor > 0 && minor < most ? minor : undefined
}

/** Undefined where it is none. */
export function deviceNumber(text: string): Readonly<{ major: number; minor: number }> | undefined {
  const [, major, minor] = /^(\d{1,4}):(\d{1,7})$/.exec(text) ?? []
  if (major !== undefined) return { major: Number(major), minor: Number(minor) }
  if (!/^[0-9A-Fa-f]{3,8}$/.test(text)) return undefined
  const encoded = Number.parseInt(text, 16)
  return { major: (encoded & 0xfff00) >>> 8, minor: (encoded & 0xff) | ((encoded >>> 12) & 0xfff00) }
}

/** `/dev/mapper/vg-lv`: dashes in names are doubled. */
export function mapperPath(volume: StackNode): string {
  return `/dev/mapper/${volume.address
    .split('/')
    .map((name) => name.replaceAll('-', '--'))
    .join('-')}`
}

/** UUID and label of what a node holds, as they were written there; undefined where it has none. */
export function contentTags({ content }: StackNode): Readonly<{ uuid: string; label: string }> | undefined {
  if (content.kind === 'file system') return content.fileSystem.facts
  return content.kind === 'swap' || content.kind === 'unreadable' ? content : undefined
}

function matchTag(node: StackNode, tag: string, value: string): boolean {
  const { partition } = node
  const facts = contentTags(node)
  switch (tag) {
    case 'UUID':
      return value !== '' && facts?.uuid.toLowerCase() === value.toLowerCase()
    case 'LABEL':
      return value !== '' && facts?.label === value
    case 'PARTUUID':
      return partition?.partUuid.toLowerCase() === value.toLowerCase()
    default:
      return value !== '' && partition?.label === value
  }
}

function addressesOf(nodes: readonly Readonly<{ address: string }>[]): readonly string[] {
  return nodes.map(({ address }) => (address === '' ? 'the disk itself ("")' : address))
}
