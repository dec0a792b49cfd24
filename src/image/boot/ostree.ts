import type { ComposefsFacts } from './composefs/facts.ts'
import { withOstreeComposefs } from './composefs/ostree.ts'
import type { ComposefsImages } from './composefs/images.ts'
import type { Volume } from '../stack/index.ts'
import type { ImageFiles } from './image-files.ts'
import { parseOsRelease } from './os-release.ts'
import type { OsRelease } from './os-release.ts'

/**
 * A tree that ostree has checked out: `/ostree/deploy/<stateroot>/deploy/<commit>.<serial>`. Or one of bootc's composefs back
 * end: `/state/deploy/<digest>` has its state.
 */
export type Deployment = Readonly<{
  stateroot: string
  /**
   * SHA-256 of the commit in hex. It is not the checksum of kernel and initrd that boot links have. Of bootc's composefs back
   * end: the digest of the image.
   */
  commit: string
  /** Counts deployments of the same commit. */
  serial: number
  /** Of the file system that holds it, and where in it. */
  address: string
  path: string
  /** From its `.origin`: an ostree refspec, or a container image reference; '' where there is none. */
  origin: string
  osRelease?: OsRelease
  /** Where its files are sealed in an image. */
  composefs?: ComposefsFacts
}>

/** A deployment, and the tree that it shows as its root where that is not its directory. */
export type FoundDeployment = Readonly<{ deployment: Deployment; tree?: Volume }>

/** `ostree=` of a command line, as ostree-prepare-root parses it (ostree_sysroot, parse_bootlink). */
type BootLink = Readonly<{
  bootVersion: 0 | 1
  stateroot: string
  bootChecksum: string
  serial: number
}>

const BOOT_LINK = /^\/ostree\/boot\.([01])\/([^/]+)\/([^/]+)\/(\d{1,9})$/
const DEPLOYED = /^([0-9a-f]{64})\.(\d{1,9})$/

function parseBootLink(text: string): BootLink | undefined {
  const [, bootVersion, stateroot, bootChecksum, serial] = BOOT_LINK.exec(text) ?? []
  if (stateroot === undefined || bootChecksum === undefined) return undefined
  return { bootVersion: bootVersion === '1' ? 1 : 0, stateroot, bootChecksum, serial: Number(serial) }
}

/** Every deployment of a root file system, by stateroot, then by name. */
export async function findDeployments(
  files: ImageFiles,
  volume: Volume,
  images: ComposefsImages | undefined,
): Promise<readonly FoundDeployment[]> {
  const found: FoundDeployment[] = []
  for (const stateroot of await files.names(volume, '/ostree/deploy')) {
    for (const name of await files.names(volume, `/ostree/deploy/${stateroot}/deploy`)) {
      const deployment = await readDeployment(files, volume, `/ostree/deploy/${stateroot}/deploy/${name}`)
      if (deployment !== undefined) found.push(await withOstreeComposefs(files, volume, deployment, images))
    }
  }
  return found
}

/**
 * The deployment that a boot link leads to: `/ostree/boot.1` is a link to `boot.1.0` or `boot.1.1`, and the last part of
 * the path a link to the deployment's directory. undefined where it leads nowhere.
 */
export async function followBootLink(
  files: ImageFiles,
  volume: Volume,
  link: string,
  known: readonly Deployment[],
): Promise<Deployment | undefined> {
  if (parseBootLink(link) === undefined) return undefined
  const found = await files.find(volume, link)
  if (found?.kind !== 'directory') return undefined
  return (
    known.find(({ path }) => path === found.realPath) ?? (await readDeployment(files, volume, found.realPath))
  )
}

async function readDeployment(
  files: ImageFiles,
  volume: Volume,
  path: string,
): Promise<Deployment | undefined> {
  const [, stateroot, name = ''] = /^\/ostree\/deploy\/([^/]+)\/deploy\/([^/]+)$/.exec(path) ?? []
  const [, commit, serial] = DEPLOYED.exec(name) ?? []
  if (stateroot === undefined || commit === undefined || !(await files.isDirectory(volume, path)))
    return undefined
  const [origin, osRelease] = await Promise.all([
    files.text(volume, `${path}.origin`),
    readOsRelease(files, volume, path),
  ])
  return {
    stateroot,
    commit,
    serial: Number(serial),
    address: volume.address,
    path,
    origin: origin === undefined ? '' : originOf(origin.text),
    ...(osRelease && { osRelease }),
  }
}

/** `/etc/os-release` wins over `/usr/lib/os-release`: os-release(5). */
export async function readOsRelease(
  files: ImageFiles,
  volume: Volume,
  root: string,
): Promise<OsRelease | undefined> {
  const file =
    (await files.text(volume, '/etc/os-release', { root })) ??
    (await files.text(volume, '/usr/lib/os-release', { root }))
  return file === undefined ? undefined : parseOsRelease(file.text)
}

function originOf(text: string): string {
  const [, value = ''] = /^\s*(?:refspec|container-image-reference)\s*=\s*(.*?)\s*$/m.exec(text) ?? []
  return value
}
