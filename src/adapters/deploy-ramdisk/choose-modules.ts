/**
 * Which modules of a kernel are in the ramdisk, and the tables that busybox's modprobe reads
 * (modules.dep(5), modprobe.d(5) of kmod). Pure.
 */
import type { ModuleInfo } from '../../formats/elf/index.ts'

/** Below `kernel/` of the modules of one kernel: whole folders, or beginnings of files. */
const CHOSEN: readonly string[] = [
  'arch/x86/crypto/crc',
  'arch/arm64/crypto/crc',
  'crypto/crc',
  'drivers/ata/',
  'drivers/block/mtip32xx/',
  'drivers/block/virtio_blk.',
  'drivers/block/xen-blkfront.',
  'drivers/hv/',
  'drivers/message/fusion/',
  'drivers/mmc/',
  'drivers/net/ethernet/',
  'drivers/net/hyperv/',
  'drivers/net/mdio/',
  'drivers/net/phy/',
  'drivers/net/virtio_net.',
  'drivers/net/vmxnet3/',
  'drivers/net/xen-netfront.',
  'drivers/nvme/host/',
  'drivers/pci/controller/',
  'drivers/scsi/',
  'drivers/virtio/',
  'net/packet/',
]

/** What no machine boots a system from: disks of other machines, test drivers, cards of laptops. */
const LEFT_OUT =
  /\/pcmcia\/|_cs\.ko|scsi_debug|\/nvme-(?:rdma|fc|tcp)\.|\/(?:iscsi_tcp|libiscsi_tcp|sg|st|ch|ses|sr_mod|osst)\.|\/(?:bnx2fc|bnx2i|cxgbi|be2iscsi|qedf|qedi|fnic|fcoe)\/|\/(?:mlxsw|prestera|dsa)\/|virtio_(?:input|balloon|dma_buf|mem)|hyperv_(?:drm|keyboard)|hid-hyperv/

export type KernelModule = Readonly<{
  /** Below `/lib/modules/VERSION`: `kernel/net/packet/af_packet.ko`. */
  path: string
  name: string
  info: ModuleInfo
}>

/** Whether a file below `kernel/` belongs to the ramdisk by itself. */
export function isChosen(path: string): boolean {
  return CHOSEN.some((start) => path.startsWith(start)) && !LEFT_OUT.test(path)
}

/** `drivers/scsi/libsas/libsas.ko.xz` → `libsas`; modules are named with underscores. */
export function moduleName(path: string): string {
  return (path.split('/').at(-1) ?? '').replace(/\.ko(?:\.\w+)?$/, '').replaceAll('-', '_')
}

/** Everything that the modules stand on, themselves included, sorted by path. What the kernel has built in is no module. */
export async function withDependencies(
  paths: readonly string[],
  load: (path: string) => Promise<ModuleInfo>,
): Promise<readonly KernelModule[]> {
  const pathOf = new Map(paths.map((path) => [moduleName(path), path]))
  const found = new Map<string, KernelModule>()
  const waiting = paths.filter((path) => isChosen(path)).map(moduleName)
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const path = pathOf.get(name)
    if (path === undefined || found.has(name)) continue
    const info = await load(path)
    found.set(name, { path: `kernel/${path.replace(/\.ko\.\w+$/, '.ko')}`, name, info })
    waiting.push(...neededBy(info))
  }
  return [...found.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

/** `modules.dep`: what is loaded before a module stands behind it, and what is loaded first stands last. */
export function dependencyTable(modules: readonly KernelModule[]): string {
  const byName = new Map(modules.map((module) => [module.name, module]))
  const lines = modules.map((module) => {
    const order: string[] = []
    const visit = (name: string, way: readonly string[]): void => {
      const needed = byName.get(name)
      if (needed === undefined || way.includes(name) || order.includes(needed.path)) return
      for (const next of neededBy(needed.info)) visit(next, [...way, name])
      order.push(needed.path)
    }
    for (const next of neededBy(module.info)) visit(next, [module.name])
    return `${[`${module.path}:`, ...order.toReversed()].join(' ')}\n`
  })
  return lines.join('')
}

/** `modules.alias`. */
export function aliasTable(modules: readonly KernelModule[]): string {
  return modules.flatMap(({ name, info }) => info.aliases.map((alias) => `alias ${alias} ${name}\n`)).join('')
}

function neededBy(info: ModuleInfo): readonly string[] {
  return [...info.depends, ...info.softDepends].map((name) => name.replaceAll('-', '_'))
}
