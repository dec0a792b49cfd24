import { findPath, readFile } from '../../formats/filesystem/index.ts'
import type { Change } from '../../contract/index.ts'
import type { Finding } from '../../core/index.ts'
import { mountedAt, namedBy, parseCrypttab, parseFstab } from '../boot/index.ts'
import type { FstabEntry } from '../boot/index.ts'
import { editFstab } from '../convert/index.ts'
import type { DevicePlace } from '../convert/index.ts'
import { matchDevice } from '../stack/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import { finding } from './findings.ts'
import type { TreePart } from './tree.ts'

const MOST_TABLE_BYTES = 1 << 20

export type LiveMounts = Readonly<{
  mounted: ReadonlyMap<string, TreePart>
  replaced: ReadonlyMap<string, Uint8Array>
  changes: readonly Change[]
  findings: readonly Finding[]
}>

type Where = Readonly<{ disk: StackNode; root: Volume; systemRoot: string; signal: AbortSignal }>

/**
 * The mounts of a system without a disk. What the fstab mounts from the image becomes a part of the tree (but /boot and the EFI
 * system partition: kernel and ramdisk lie beside it), and its lines become comments, as do those of the root and of swap.
 */
export async function liveMounts(where: Where): Promise<LiveMounts> {
  const { disk, root } = where
  const mounted = new Map<string, TreePart>()
  const findings: Finding[] = []
  const fstab = await editTable(where, '/etc/fstab', parseFstab, (entry) => placeOf(disk, entry))
  const crypttab = await editTable(where, '/etc/crypttab', parseCrypttab, (entry) => placeOf(disk, entry))
  for (const { device, mountPoint, options } of fstab.entries) {
    const [node] = namedBy(device) === 'nothing' ? [] : matchDevice(disk, device)
    const path = mountPoint.replace(/\/+$/, '')
    if (node === undefined || !path.startsWith('/') || /^\/(?:boot|efi)(?:\/|$)/.test(path)) continue
    const { content, address } = node
    if (content.kind === 'swap') continue
    const { fileSystem } = content.kind === 'file system' ? content : {}
    const shown = fileSystem && mountedAt({ address, node, fileSystem }, options)
    if (shown === undefined || shown.address === root.address || !(await isPlace(where, path))) {
      const why = shown === undefined ? 'it cannot be read' : 'it cannot be put there'
      findings.push(finding('LIVE_MOUNT_UNREADABLE', path, `the fstab mounts ${device} there, and ${why}`))
      continue
    }
    mounted.set(path, {
      address: shown.address,
      fileSystem: shown.fileSystem,
      directory: shown.fileSystem.root,
    })
  }
  return {
    mounted,
    replaced: new Map([...fstab.replaced, ...crypttab.replaced]),
    changes: [...fstab.changes, ...crypttab.changes],
    findings: [...findings, ...fstab.findings, ...crypttab.findings],
  }
}

/** A mount point that is a directory by its own name: a link elsewhere would be another path of the tree. */
async function isPlace({ root, systemRoot, signal }: Where, path: string): Promise<boolean> {
  const found = await findPath(root.fileSystem, path, { root: systemRoot, lastLink: 'keep', signal })
  return found?.kind === 'directory' && found.realPath === path
}

function placeOf(disk: StackNode, { device, mountPoint }: FstabEntry): DevicePlace {
  if (mountPoint === '/') return { at: 'left behind', what: device }
  if (namedBy(device) === 'nothing') return { at: 'there' }
  return matchDevice(disk, device).length === 0 ? { at: 'unknown' } : { at: 'left behind', what: device }
}

async function editTable(
  { root, systemRoot, signal }: Where,
  wanted: '/etc/fstab' | '/etc/crypttab',
  parse: (bytes: Uint8Array) => readonly FstabEntry[],
  place: (entry: FstabEntry) => DevicePlace,
): Promise<Omit<LiveMounts, 'mounted'> & Readonly<{ entries: readonly FstabEntry[] }>> {
  const nothing = { replaced: new Map<string, Uint8Array>(), changes: [], findings: [], entries: [] }
  const found = await findPath(root.fileSystem, wanted, { root: systemRoot, lastLink: 'follow', signal })
  if (found?.kind !== 'file') return nothing
  const path = found.realPath
  const before = await readFile(root.fileSystem, found.id, { path, limitBytes: MOST_TABLE_BYTES, signal })
  const { bytes, removed, doubtful } = editFstab(before, place, parse)
  return {
    replaced: new Map(bytes === before ? [] : [[path, bytes]]),
    changes: removed.map(({ entry, text }) => ({
      file: path,
      what: `line ${entry.line} is a comment now: ${text.trim()}`,
      reason: reasonOf(entry),
    })),
    findings: doubtful.map(({ line, device, mountPoint }) =>
      finding('LIVE_MOUNT_UNKNOWN', `${path}:${line}`, `it says ${device} for ${mountPoint}: kept`),
    ),
    entries: parse(before),
  }
}

function reasonOf({ mountPoint, type }: FstabEntry): string {
  if (type === 'swap') return 'a live system has no disk to swap to'
  if (mountPoint === '/') return 'the root is the live image: the initrd has mounted it'
  if (/^\/(?:boot|efi)(?:\/|$)/.test(mountPoint))
    return 'a live system has no disk to boot from the next time'
  return 'what is on it is a part of the live image'
}
