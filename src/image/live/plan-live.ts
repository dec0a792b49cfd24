import type { BootSummary, Change } from '../../contract/index.ts'
import { walkPath } from '../../formats/filesystem/index.ts'
import type { BootContract, BootInventory } from '../boot/index.ts'
import { describeContract } from '../convert/index.ts'
import { findVolume, largestUnreadable } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { additionsFor, changesOf } from './additions.ts'
import type { Addition } from './additions.ts'
import { liveContract } from './arguments.ts'
import { readByKernel, versionOf } from './compression.ts'
import type { ReadByKernel, RootCompression } from './compression.ts'
import { containerTree } from './container-tree.ts'
import { raise } from './errors.ts'
import { warningOf } from './findings.ts'
import type { Initramfs, Unpack } from '../initramfs/index.ts'
import { liveModules } from './modules.ts'
import { liveMounts } from './mounts.ts'
import type { RootWish } from './root-wish.ts'
import type { LiveTree, TreePart } from './tree.ts'

export type LivePlan = Readonly<{
  tree: LiveTree
  /** `address:path` of every part. */
  from: readonly string[]
  /** Permission bits of the root directory. */
  rootMode: number
  root: RootWish
  compression: RootCompression
  /** What the ramdisk gets behind the initrds of the image. */
  additions: readonly Addition[]
  boot: BootSummary
  changes: readonly Change[]
  warnings: readonly string[]
}>

/**
 * What a live image will be: its tree, and what boots it. With ostree the deployment's directory is the root, and the state of
 * its operating system is /var. Reads metadata and small files only. Throws LIVE_….
 */
export async function planLive(
  disk: StackNode,
  inventory: BootInventory,
  contract: BootContract,
  initramfs: Initramfs,
  wish: RootWish,
  unpack: Unpack,
  signal: AbortSignal,
): Promise<LivePlan> {
  const image = disk.name
  const { deployment } = contract
  const isContainer = inventory.layout.system === 'container'
  const address = isContainer ? '' : (deployment?.address ?? addressOf(contract.root))
  if (address === undefined) {
    const unread = largestUnreadable(disk)
    const more = unread === undefined ? '' : `; ${unread.part} is not read: ${unread.reason}`
    const why = `neither root= nor the disk shows which file system is the root${more}`
    throw raise('LIVE_ROOT_UNKNOWN', { image, why })
  }
  if (inventory.layout.system === 'composefs')
    throw raise('LIVE_ROOT_UNKNOWN', {
      image,
      why: 'the files of bootc’s composefs back end lie in an EROFS image',
    })
  const root = findVolume(disk, address)
  const systemRoot = deployment?.path ?? '/'
  const { fileSystem } = root
  const partAt = async (path: string): Promise<TreePart> => {
    const { id } = await walkPath(fileSystem, path, { lastLink: 'follow', signal })
    return { address, fileSystem, directory: id }
  }
  const rootPart = await partAt(systemRoot)
  const mounts = await liveMounts({ disk, root, systemRoot, signal })
  const changes: Change[] = []
  const mounted = new Map(mounts.mounted)
  if (deployment !== undefined) {
    const path = `/ostree/deploy/${deployment.stateroot}/var`
    if (!mounted.has('/var')) mounted.set('/var', await partAt(path))
    changes.push({
      file: '/var',
      what: `it is ${path}`,
      reason: 'ostree mounts it there when the deployment boots from a disk',
    })
  }
  const container = isContainer ? await containerTree(root, signal) : undefined
  changes.push(...(container?.changes ?? []))
  const live = liveContract(image, contract, initramfs, wish)
  const { boot, warnings } = describeContract(inventory, live.contract)
  const kernel = await readByKernel(image, wish, contract, inventory, root, systemRoot, signal)
  requireModule(image, wish, initramfs, kernel)
  const version = versionOf(contract.kernel.path) ?? ''
  const additions = await additionsFor(initramfs, wish, () =>
    liveModules({ image, wish, root, systemRoot, version, unpack, signal }),
  )
  return {
    tree: { root: rootPart, mounted, replaced: mounts.replaced, emptied: container?.emptied ?? new Set() },
    from: [
      `${isContainer ? 'container' : address}:${systemRoot}`,
      ...Array.from(mounted, ([path, part]) => `${part.address} at ${path}`),
    ],
    rootMode: (await fileSystem.stat(rootPart.directory, signal)).mode,
    root: wish,
    compression: kernel.compression,
    additions,
    boot,
    changes: [...live.changes, ...changes, ...mounts.changes, ...changesOf(additions)],
    warnings: [...warnings, ...[...mounts.findings, ...kernel.findings].map(warningOf)],
  }
}

/** `p3`, or `p3[/root]` for a subvolume of it. */
function addressOf(root: BootContract['root']): string | undefined {
  return root?.subvolume === undefined ? root?.address : `${root.address}[${root.subvolume}]`
}

/** dracut puts no module for EROFS into the initramfs before 104, and Anneal adds none to dracut's. */
function requireModule(
  image: string,
  { format }: RootWish,
  { made, erofs }: Initramfs,
  { isBuiltIn }: ReadByKernel,
): void {
  if (format !== 'erofs' || made !== 'dracut' || erofs || isBuiltIn) return
  const remedy =
    'leave --root-format out: the root image is then a squashfs; or make the initramfs again: dracut --force --no-hostonly --add-drivers erofs'
  throw raise('LIVE_INITRAMFS_LACKS', {
    image,
    initramfs: made,
    needed: 'module erofs of its kernel',
    remedy,
  })
}
