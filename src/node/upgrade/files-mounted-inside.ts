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

/** Which file a path leads to, and the kind of the file system that it is on. */
export type FilePlace = Readonly<{
  /** The same for the same file, under whatever path and in whatever mount namespace. */
  inode: string
  fileSystem: 'tmpfs' | 'ramfs' | 'overlay' | 'fuse' | 'other'
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

/** What becomes of a file system that is mounted in the old container's mount namespace alone, once that has ended. */
const ENDS: Readonly<Partial<Record<FilePlace['fileSystem'], string>>> = {
  tmpfs: 'it is memory, and ends with the last process of that mount namespace',
  ramfs: 'it is memory, and ends with the last process of that mount namespace',
  overlay: 'where its upper directory is in the container, that is deleted with it',
  fuse: 'the program that serves it may end with the container',
}

/**
 * Reports files on what was mounted inside the old container after its start: a bind without propagation keeps such a mount from the
 * host. A disk or a share of the network can be mounted again; memory cannot, and is refused. `places`: of the paths that are there.
 */
export function filesMountedInside(
  old: Pick<Container, 'name'>,
  shared: readonly SharedFile[],
  places: Readonly<Record<string, FilePlace>>,
): readonly Finding[] {
  const inside = shared.flatMap((file) => {
    const seen = places[file.seenAt]
    if (seen === undefined || places[file.hostPath]?.inode === seen.inode) return []
    return [{ ...file, fileSystem: seen.fileSystem }]
  })
  return [...Map.groupBy(inside, ({ guest }) => guest)].map(([guest, files]) => {
    const ending = files.find(({ fileSystem }) => ENDS[fileSystem] !== undefined)
    const { path = '', hostPath = '', fileSystem = 'other' } = ending ?? files[0] ?? {}
    const more = files.length === 1 ? '' : ` (and ${files.length - 1} more)`
    const kind = ending === undefined ? '' : ` (${fileSystem}: ${ENDS[fileSystem]})`
    const instead = places[hostPath] === undefined ? 'does not have it' : 'has another file'
    return {
      code: 'GUEST_FILE_MOUNTED',
      severity: ending === undefined ? 'warn' : 'refuse',
      subject: guest,
      evidence: `its file ${path}${more} is on a file system that was mounted inside the container "${old.name}"${kind}: the host ${instead} at ${hostPath}, and the next container will ${ending === undefined ? 'not have it until it is mounted again' : 'never have it'}`,
      remedy:
        ending === undefined
          ? 'mount it on the host, and bind its directory with `rshared` propagation in both releases; else mount it again before the guest is started again'
          : 'shut the guest down, copy the file to a directory of the host that both releases bind, and start it from there; or mount the file system on the host',
    }
  })
}
