import { ALGORITHMS } from '../../adapters/codec/index.ts'
import type { ContainerImage } from '../../adapters/container-image/index.ts'
import { openDiskImage } from '../../adapters/image-source/index.ts'
import type { DiskImage } from '../../adapters/image-source/index.ts'
import { isContainerAddress, parsePlatform } from '../../formats/oci/index.ts'
import { bootedTree, findBoot, withVerity } from '../../image/boot/index.ts'
import type { BootInventory } from '../../image/boot/index.ts'
import { detectStack, findVolume, formatReaders, largestUnreadable } from '../../image/stack/index.ts'
import type { StackNode, Volume } from '../../image/stack/index.ts'
import { raise } from '../errors.ts'

export type OpenOptions = Readonly<{
  /** The only directory from which files that an image names are opened (qcow2, VMDK); without it, none are. */
  otherFilesDirectory?: string
  /** Where a compressed image is unpacked. Needed for one from the network; files use TMPDIR or /var/tmp without it. */
  temporaryDirectory?: string
  /** Of a container image for several: `linux/arm64`, or an architecture. This machine's without it. */
  platform?: string
  /** Of a container image in a registry: plain http, and certificates that nobody vouches for, are taken. */
  insecureRegistry?: boolean
  /** While a compressed image is unpacked, or the layers of a container are read; in bytes. */
  onUnwrap?: (progress: Readonly<{ doneBytes: number; totalBytes: number }>) => void
  /** How many decompress clusters of a disk: as many as processors; with 0, whoever reads does it. */
  threads?: number
  signal?: AbortSignal
}>

export const FORMAT_READERS = formatReaders(ALGORITHMS)

/** What an image is and what it is packed in; of a disk or a container. */
export type ImageFacts = Pick<
  DiskImage,
  'wrapper' | 'variant' | 'imageBytes' | 'sectorSizeBytes' | 'warnings' | 'qcow2'
> &
  Readonly<{ type: DiskImage['type'] | ContainerImage['format'] }>

/** What a container image says of itself. */
export type ContainerFacts = Omit<ContainerImage, 'fileSystem' | 'format' | keyof AsyncDisposable>

/** An image that is open, down to its file systems. Dispose of it when done. */
export type OpenedImage = AsyncDisposable &
  Readonly<{
    image: ImageFacts
    /** Of a container it is one file system. */
    stack: StackNode
    container?: ContainerFacts
    /** Throws IMAGE_FILE_CHANGED where a file of it was written since it was opened. Layers of a container have digests. */
    unchanged: () => Promise<void>
  }>

/**
 * Opens an image to look into it: a file, a device or an http(s) address, or a container image as containers-transports(5)
 * writes it. Reads metadata only, unless the image is compressed as a whole or a container, of which every layer is read
 * once. Throws IMAGE_…, DISK_IMAGE_… and QCOW2_…, CONTAINER_…, LAYER_….
 */
export async function openImage(location: string, options: OpenOptions = {}): Promise<OpenedImage> {
  if (isContainerAddress(location)) return openAsContainer(location, options)
  await using opening = new AsyncDisposableStack()
  const image = opening.use(await openDiskImage(location, options))
  const { signal } = options
  const found = await detectStack(image.disk, FORMAT_READERS, {
    view: image.type === 'iso' ? 'disc' : 'disk',
    ...(signal === undefined ? {} : { signal }),
  })
  const stack = await withVerity(found, FORMAT_READERS, signal)
  const kept = opening.move()
  return { image, stack, unchanged: image.unchanged, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

async function openAsContainer(location: string, options: OpenOptions): Promise<OpenedImage> {
  const { platform: said, insecureRegistry, temporaryDirectory, onUnwrap, signal } = options
  const platform = said === undefined ? undefined : parsePlatform(said)
  if (said !== undefined && platform === undefined) throw raise('PLATFORM_INVALID', { platform: said })
  // Only a container image needs a client of registries.
  const { openContainer } = await import('../../adapters/container-image/index.ts')
  await using opening = new AsyncDisposableStack()
  const { fileSystem, format, ...facts } = opening.use(
    await openContainer(location, {
      ...(platform && { platform }),
      ...(insecureRegistry !== undefined && { insecureRegistry }),
      ...(temporaryDirectory !== undefined && { temporaryDirectory }),
      ...(onUnwrap && { onRead: onUnwrap }),
      ...(signal && { signal }),
    }),
  )
  const stack: StackNode = {
    address: '',
    role: 'container',
    name: location,
    sizeBytes: fileSystem.facts.sizeBytes,
    container: { labels: facts.labels, architecture: facts.platform.architecture },
    content: { kind: 'file system', fileSystem },
    children: [],
    warnings: [],
  }
  const imageBytes = facts.layers.reduce((sum, { packedBytes }) => sum + packedBytes, 0)
  const kept = opening.move()
  return {
    image: { type: format, wrapper: 'none', imageBytes, warnings: [] },
    stack,
    container: facts,
    unchanged: async () => undefined,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** A place in an image that a person named. */
export type ImagePlace = Readonly<{
  volume: Volume
  path: string
  /** Where links lead to from `/`: the deployment, or the file system itself. */
  root: string
}>

/**
 * `ADDRESS:PATH`. An address is one that `inspect` shows (`p1`, `atomicos/root`), a device of fstab (`UUID=…`), or what
 * it is for: `boot`, `esp`, `root` (the file system), `os` (the tree that is booted; also where no address is given).
 */
export async function placeOf(stack: StackNode, operand: string, signal: AbortSignal): Promise<ImagePlace> {
  const [, address, path = '/'] = /^(?:([^:]*):)?(.*)$/s.exec(operand) ?? []
  const absolute = path.startsWith('/') ? path : `/${path}`
  if (address !== undefined && !['os', 'root', 'boot', 'esp'].includes(address)) {
    return { volume: findVolume(stack, address), path: absolute, root: '/' }
  }
  return rolePlace(
    stack,
    await findBoot(stack, { signal, readers: FORMAT_READERS }),
    address ?? 'os',
    absolute,
  )
}

function rolePlace(
  stack: StackNode,
  { layout, entries, defaultIndex }: BootInventory,
  role: string,
  path: string,
): ImagePlace {
  const { root, boot, esp, deployments } = layout
  const missing = (none = layout.rootReason): Error => {
    const unreadable = largestUnreadable(stack)
    const reason = unreadable === undefined ? none : `${unreadable.part} cannot be read: ${unreadable.reason}`
    return raise('IMAGE_HAS_NO', { role, image: stack.name, reason })
  }
  switch (role) {
    case 'boot':
      if (boot === undefined) throw missing('it has no /boot')
      return { volume: boot.volume, path: `${boot.directory}${path}`, root: '/' }
    case 'esp':
      if (esp === undefined) throw missing('it has no EFI system partition')
      return { volume: esp, path, root: '/' }
    default: {
      if (root === undefined) throw missing()
      const deployment = entries[defaultIndex]?.deployment ?? deployments[0]
      if (role !== 'os' || deployment === undefined) return { volume: root, path, root: '/' }
      const tree = bootedTree(layout, deployment)
      return tree === undefined
        ? { volume: root, path, root: deployment.path }
        : { volume: tree, path, root: '/' }
    }
  }
}
