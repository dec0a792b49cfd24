import { access, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** What is read of `GET /info`. */
export type StorageInfo = Readonly<{
  DockerRootDir: string
  DriverStatus?: readonly (readonly [string, string])[] | null
  /** Since Docker 27. */
  Containerd?: Readonly<{ Address?: string }> | null
}>

/** containerd's own defaults: containerd-config.toml(5). */
const SYSTEM_SOCKET = '/run/containerd/containerd.sock'
const SYSTEM_CONFIG = '/etc/containerd/config.toml'
const SYSTEM_ROOT = '/var/lib/containerd'

/** Whether images are containerd's: their ids are then digests of manifests, and no other store knows them. */
export function imageStoreOf({ DriverStatus }: StorageInfo): 'containerd' | 'classic' {
  const snapshotter = (DriverStatus ?? []).some(([, value]) => value.startsWith('io.containerd.snapshotter'))
  return snapshotter ? 'containerd' : 'classic'
}

/**
 * Where the layers of images lie. With containerd's image store that is containerd's root: the system's own, or that of
 * a containerd which dockerd started for itself (as it does where none of the system runs) and whose configuration it
 * wrote beside that one's socket.
 */
export async function storageDirOf(info: StorageInfo, execRoot: string, root = '/'): Promise<string> {
  if (imageStoreOf(info) === 'classic') return info.DockerRootDir
  const managed = join(execRoot, 'containerd', 'containerd.sock')
  const socket =
    info.Containerd?.Address ?? ((await exists(join(root, SYSTEM_SOCKET))) ? SYSTEM_SOCKET : managed)
  const beside = join(dirname(socket), 'containerd.toml')
  if (await exists(join(root, beside))) {
    return (await rootIn(join(root, beside))) ?? join(info.DockerRootDir, 'containerd', 'daemon')
  }
  if (socket === managed) return join(info.DockerRootDir, 'containerd', 'daemon')
  return (await rootIn(join(root, SYSTEM_CONFIG))) ?? SYSTEM_ROOT
}

/** The top-level `root` of containerd's configuration, which stands before its first table. */
async function rootIn(config: string): Promise<string | undefined> {
  const text = await readFile(config, 'utf8').catch(() => '')
  const top = text.split(/^\s*\[/m)[0] ?? ''
  return /^\s*root\s*=\s*(?:"([^"]+)"|'([^']+)')/m
    .exec(top)
    ?.slice(1)
    .find((path) => path !== undefined)
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
