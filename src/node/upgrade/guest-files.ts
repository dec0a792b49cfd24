import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import { heldAt, hostPathOf, writtenAt } from '../host-path.ts'
import type { Service } from '../release/index.ts'

/** What a definition of libvirt names: disks and what they are based on, firmware variables, kernels, shared directories. As libvirt sees them. */
export type GuestPaths = Readonly<{ name: string; files: readonly string[] }>

/** A file of a guest that the next libvirt would not have at its path. */
export type StrandedFile = Readonly<{
  guest: string
  path: string
  /** Where it would be found on the host, if it is there at all. */
  lookAt: string
  /** Its host path, or `volume:…`; undefined where it is the container's own. */
  before: string | undefined
  after: string | undefined
  /** A package's file, as firmware is: the next image may bring it too. */
  isOfPackage: boolean
}>

type Old = Pick<Container, 'name' | 'mounts' | 'hostUnit' | 'rootUpperDir' | 'pid'>
type Next = Pick<Service, 'name' | 'container'>

/**
 * The files that the next libvirt would not have at their paths, were they there. A running guest has them open and goes on; it cannot be
 * started again without them, and what lies inside the old container is deleted with it.
 */
export function strandedFiles(old: Old, next: Next, guests: readonly GuestPaths[]): readonly StrandedFile[] {
  return guests.flatMap(({ name, files }) =>
    files.filter(isOfDisk).flatMap((path): StrandedFile[] => {
      const before = heldAt(old, path)
      const after = hostPathOf(next.container.mounts, path)
      if (before !== undefined && before === after) return []
      const isOfPackage = after === undefined && path.startsWith('/usr/') && isUnsorted(old, before)
      return [{ guest: name, path, before, after, isOfPackage, lookAt: placeOf(old, path, before) }]
    }),
  )
}

/**
 * Whether the path is where nobody can tell what packages brought from what was written later: a host's own files, and those of a container
 * whose layers are no overlay.
 */
function isUnsorted({ hostUnit, rootUpperDir }: Old, before: string | undefined): boolean {
  return hostUnit !== undefined || (before === undefined && rootUpperDir === undefined)
}

/** `present`: those of the places that are there. What an image brings itself is in no upper directory. */
export function fileFindings(
  old: Pick<Old, 'name'>,
  next: Next,
  stranded: readonly StrandedFile[],
  present: ReadonlySet<string>,
): readonly Finding[] {
  const byGuest = Map.groupBy(
    stranded.filter(({ lookAt }) => present.has(lookAt)),
    ({ guest }) => guest,
  )
  return [...byGuest].map(([guest, files]) => {
    const worst =
      files.find(({ before, isOfPackage }) => before === undefined && !isOfPackage) ??
      files.find(({ isOfPackage }) => !isOfPackage) ??
      files[0]
    const { path = '', before, after, isOfPackage = false } = worst ?? {}
    const more = files.length === 1 ? '' : ` (and ${files.length - 1} more)`
    const directory = path.slice(0, path.lastIndexOf('/')) || '/'
    const now =
      before === undefined
        ? `inside the container "${old.name}", and is deleted with it`
        : `${before} now and would be ${after ?? 'inside the container'}`
    return {
      code: 'GUEST_FILE_STAYS',
      severity: isOfPackage ? 'warn' : 'refuse',
      subject: guest,
      evidence: `its file ${path}${more} is ${now}: the guest could not be started again${isOfPackage ? ' unless the image has that file' : ''}`,
      remedy:
        before === undefined
          ? `shut the guest down, copy the file to a directory of the host (\`docker cp\`, \`podman cp\`), and bind that to ${directory} in service "${next.name}"`
          : `bind ${before.slice(0, before.lastIndexOf('/')) || '/'} to ${directory} in service "${next.name}"`,
    }
  })
}

/** What libvirt keeps beside its guests, in directories of /etc/libvirt. */
export const RECORDS: Readonly<Record<string, string>> = {
  '/etc/libvirt/nwfilter': 'filters of networks',
  '/etc/libvirt/secrets': 'secrets of disks',
  '/etc/libvirt/storage': 'storage pools',
}

/**
 * Reports the records that the next libvirt would not have. `names`: the files in a directory, without those of the image. `brought`: the
 * filters that the next image has itself, as libvirt's packages bring them.
 */
export function recordFindings(
  old: Old,
  next: Next,
  records: readonly Readonly<{ path: string; names: readonly string[] }>[],
  guests: readonly Readonly<{ name: string; xml: string }>[],
  brought: readonly string[] = [],
): readonly Finding[] {
  return records.flatMap(({ path, names }): Finding[] => {
    const before = heldAt(old, path)
    const after = hostPathOf(next.container.mounts, path)
    if (names.length === 0 || (before !== undefined && before === after)) return []
    // A directory of the host hides those of the image.
    const missing = after === undefined ? names.filter((name) => !brought.includes(name)) : names
    const filtered = guests.filter(({ xml }) =>
      missing.some((name) => xml.includes(`<filterref filter='${name.replace(/\.xml$/, '')}'`)),
    )
    const isUsed = path.endsWith('/nwfilter') && filtered.length > 0
    const users = filtered.map(({ name }) => `"${name}"`).join(', ')
    return [
      {
        code: 'LIBVIRT_RECORDS_STAY',
        severity: isUsed ? 'refuse' : 'warn',
        subject: next.name,
        evidence: `${path} holds ${RECORDS[path] ?? 'records'} (${names.slice(0, 3).join(', ')}${names.length > 3 ? ', …' : ''}) ${before === undefined ? `inside the container "${old.name}"` : `at ${before}`}, and would be ${after ?? 'inside the container'}${isUsed ? `: libvirt does not start without a filter that a guest uses (${users})` : ''}`,
        remedy: `bind ${before ?? `a directory of the host that holds these files`} to ${path} in service "${next.name}", unless the image writes them itself when it starts`,
      },
    ]
  })
}

/** Devices and the kernel's own files are the same for everybody. */
function isOfDisk(path: string): boolean {
  return path.startsWith('/') && !/^\/(dev|proc|sys)(\/|$)/.test(path)
}

function placeOf(old: Old, path: string, before: string | undefined): string {
  const { rootUpperDir, pid, mounts } = old
  const held = before === undefined ? undefined : writtenAt(old, path)
  if (held !== undefined) return held
  const mounted = before !== undefined || mounts.some(({ target }) => path.startsWith(`${target}/`))
  // What the image brought is not in the upper directory.
  return mounted || rootUpperDir === undefined ? `/proc/${pid}/root${path}` : `${rootUpperDir}${path}`
}
