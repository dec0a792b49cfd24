import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import type { StatusFile } from '../guests/index.ts'
import { heldAt, hostPathOf } from '../host-path.ts'
import type { Service } from '../release/index.ts'

/** A storage pool that is active now. `path`: where its volumes are, as libvirt sees it; undefined for pools without one. */
export type StoragePool = Readonly<{ name: string; type: string; path: string | undefined }>

/** Pools of these are never active after a restart of libvirt: their backends have no checkPool (src/storage). */
const NEVER_FOUND_AGAIN = new Set(['rbd', 'gluster', 'sheepdog'])

/**
 * On re-attachment libvirt looks up the volume of each disk with `type='volume'`, and stops the guest where the pool is not active
 * (virDomainDiskTranslateSourcePool, qemuProcessReconnect). A pool is not if the new libvirt has no storage driver, or none for its
 * type, or if the new container lacks its directory (storagePoolUpdateStateCallback).
 * `driven`: the types that the new libvirt has a driver for; undefined where it did not say.
 */
export function poolFindings(
  old: Pick<Container, 'mounts' | 'hostUnit'>,
  next: Pick<Service, 'name' | 'container'>,
  files: readonly Pick<StatusFile, 'name' | 'storagePools'>[],
  pools: readonly StoragePool[],
  driven: readonly string[] | undefined,
): readonly Finding[] {
  const inUse = files.flatMap(({ name, storagePools }) => storagePools.map((pool) => ({ guest: name, pool })))
  return inUse.flatMap(({ guest, pool }): Finding[] => {
    const found = pools.find(({ name }) => name === pool)
    const refusal = (evidence: string, remedy: string): Finding[] => [
      {
        code: 'GUEST_POOL_GONE',
        severity: 'refuse',
        subject: guest,
        evidence: `a disk of it is a volume of the storage pool "${pool}"${evidence}: the new libvirt would stop the guest when it has it back`,
        remedy,
      },
    ]
    if (found === undefined)
      return refusal(', which is not active', `start the pool (\`virsh pool-start ${pool}\`)`)
    const { path, type } = found
    if (NEVER_FOUND_AGAIN.has(type)) {
      return refusal(
        `, and libvirt has no pool of type ${type} active after a restart`,
        `shut the guest down, and name the volume in its definition by type='network' in place of type='volume'`,
      )
    }
    if (driven?.includes(type) !== true) {
      const lacks =
        driven === undefined
          ? 'and whether the new image has a storage driver is not known, as it did not answer'
          : `and the libvirt of the new image has no storage driver for pools of type ${type}`
      return refusal(
        `, ${lacks}`,
        `use an image that has it (Debian: package libvirt-daemon-driver-storage, or libvirt-daemon-driver-storage-${type})`,
      )
    }
    if (path === undefined) return []
    const before = heldAt(old, path)
    const after = hostPathOf(next.container.mounts, path)
    if (after !== undefined && after === before) return []
    return refusal(
      ` in ${path}, which is ${before ?? 'inside the container'} now and would be ${after ?? 'inside the container'}`,
      `bind ${before ?? 'the host directory of the pool'} to ${path} in service "${next.name}"`,
    )
  })
}
