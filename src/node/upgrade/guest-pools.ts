import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import type { StatusFile } from '../guests/index.ts'
import { hostPathOf } from '../host-path.ts'
import type { Service } from '../release/index.ts'

/** A storage pool that is active now. `path`: where its volumes are, as libvirt sees it; undefined for pools without one. */
export type StoragePool = Readonly<{ name: string; path: string | undefined }>

/** Which pools guests name in their disks (`<disk type='volume'>`). */
export function poolsInUse(
  files: readonly Pick<StatusFile, 'name' | 'xml'>[],
): readonly Readonly<{ guest: string; pool: string }>[] {
  return files.flatMap(({ name, xml }) => {
    const disks = xml.match(/<disk\s[^>]*\btype='volume'[\s\S]*?<\/disk>/g) ?? []
    const pools = disks.flatMap((disk) => /<source\b[^>]*\spool='([^']+)'/.exec(disk)?.[1] ?? [])
    return [...new Set(pools)].map((pool) => ({ guest: name, pool }))
  })
}

/**
 * On re-attachment libvirt looks up the volume of each such disk, and stops the guest where the pool is not active
 * (virDomainDiskTranslateSourcePool, qemuProcessReconnect). A pool whose directory the new container lacks is not
 * (storagePoolUpdateState).
 */
export function poolFindings(
  old: Pick<Container, 'mounts' | 'hostUnit'>,
  next: Pick<Service, 'name' | 'container'>,
  files: readonly Pick<StatusFile, 'name' | 'xml'>[],
  pools: readonly StoragePool[],
): readonly Finding[] {
  return poolsInUse(files).flatMap(({ guest, pool }): Finding[] => {
    const found = pools.find(({ name }) => name === pool)
    const refusal = (evidence: string, remedy: string): Finding[] => [
      { code: 'GUEST_POOL_GONE', severity: 'refuse', subject: guest, evidence, remedy },
    ]
    const stops = 'the new libvirt would stop the guest when it has it back'
    if (found === undefined) {
      return refusal(
        `a disk of it is a volume of the storage pool "${pool}", which is not active: ${stops}`,
        `start the pool (\`virsh pool-start ${pool}\`)`,
      )
    }
    const { path } = found
    if (path === undefined) return []
    const before = old.hostUnit === undefined ? hostPathOf(old.mounts, path) : path
    const after = hostPathOf(next.container.mounts, path)
    if (after !== undefined && after === before) return []
    return refusal(
      `a disk of it is a volume of the storage pool "${pool}" in ${path}, which is ${before ?? 'inside the container'} now and would be ${after ?? 'inside the container'}: ${stops}`,
      `bind ${before ?? 'the host directory of the pool'} to ${path} in service "${next.name}"`,
    )
  })
}
