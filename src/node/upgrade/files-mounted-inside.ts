import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import { heldAt } from '../host-path.ts'
import type { GuestPaths, StrandedFile } from './guest-files.ts'

/** A file of a guest that both libvirts have in the same directory of the host, if nobody mounted something over it. */
export type SharedFile = Readonly<{
  guest: string
  path: string
  /** As the old container sees it. */
  seenAt: string
  /** As the host has it, and so the next container. */
  hostPath: string
}>

/** Nothing is asked of a container that does not run, nor of a host's libvirt, which mounts where everybody sees it. */
export function sharedFiles(
  old: Pick<Container, 'mounts' | 'hostUnit' | 'pid'>,
  guests: readonly GuestPaths[],
  stranded: readonly Pick<StrandedFile, 'path'>[],
): readonly SharedFile[] {
  if (old.hostUnit !== undefined || old.pid === 0) return []
  return guests.flatMap(({ name, files }) =>
    files.flatMap((path): SharedFile[] => {
      const hostPath = heldAt(old, path)
      if (hostPath?.startsWith('/') !== true || stranded.some((one) => one.path === path)) return []
      return [{ guest: name, path, hostPath, seenAt: `/proc/${old.pid}/root${path}` }]
    }),
  )
}

/**
 * Reports files on what was mounted inside the old container after its start: a bind without propagation keeps such a mount from the
 * host, and it ends with the container. `present`: those of the places that are there.
 */
export function filesMountedInside(
  old: Pick<Container, 'name'>,
  shared: readonly SharedFile[],
  present: ReadonlySet<string>,
): readonly Finding[] {
  const inside = shared.filter(({ seenAt, hostPath }) => present.has(seenAt) && !present.has(hostPath))
  return [...Map.groupBy(inside, ({ guest }) => guest)].map(([guest, files]) => {
    const more = files.length === 1 ? '' : ` (and ${files.length - 1} more)`
    return {
      code: 'GUEST_FILE_MOUNTED',
      severity: 'warn',
      subject: guest,
      evidence: `its file ${files[0]?.path}${more} is on a file system that was mounted inside the container "${old.name}": the host does not have it at ${files[0]?.hostPath}, and the next container does not either until it is mounted again`,
      remedy:
        'mount it on the host, and bind its directory with `rshared` propagation in both releases; else mount it again before the guest is started again',
    }
  })
}
