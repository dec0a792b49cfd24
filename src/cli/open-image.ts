import { openDiskImage } from '../adapters/image-source/index.ts'
import type { DiskImage } from '../adapters/image-source/index.ts'
import { findBoot } from '../image/boot/index.ts'
import type { BootInventory } from '../image/boot/index.ts'
import { FORMAT_READERS, detectStack, findVolume, largestUnreadable } from '../image/stack/index.ts'
import type { StackNode, Volume } from '../image/stack/index.ts'
import { formatBytes } from '../core/index.ts'
import { raise } from './errors.ts'
import type { Output } from './output.ts'

/** An image that is open, down to its file systems. Dispose of it when done. */
export type OpenedImage = AsyncDisposable & Readonly<{ image: DiskImage; stack: StackNode }>

type Options = Readonly<{
  flags: Readonly<{ 'files-in': string | undefined; temporary: string | undefined }>
  output: Output
  signal: AbortSignal
}>

export async function openImage(location: string, { flags, output, signal }: Options): Promise<OpenedImage> {
  await using opening = new AsyncDisposableStack()
  const image = opening.use(
    await openDiskImage(location, {
      signal,
      onUnwrap: ({ doneBytes, totalBytes }) =>
        output.live(`unpacking: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`),
      ...(flags['files-in'] !== undefined && { otherFilesDirectory: flags['files-in'] }),
      ...(flags.temporary !== undefined && { temporaryDirectory: flags.temporary }),
    }),
  )
  const stack = await detectStack(image.disk, FORMAT_READERS, { signal })
  const kept = opening.move()
  return { image, stack, [Symbol.asyncDispose]: () => kept.disposeAsync() }
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
  return rolePlace(stack, await findBoot(stack, { signal }), address ?? 'os', absolute)
}

function rolePlace(
  stack: StackNode,
  { layout, entries, defaultIndex }: BootInventory,
  role: string,
  path: string,
): ImagePlace {
  const { root, boot, esp, deployments } = layout
  const missing = (): Error => {
    const unreadable = largestUnreadable(stack)
    const reason =
      unreadable === undefined ? layout.rootReason : `${unreadable.part} cannot be read: ${unreadable.reason}`
    return raise('IMAGE_HAS_NO', { role, image: stack.name, reason })
  }
  switch (role) {
    case 'boot':
      if (boot === undefined) throw missing()
      return { volume: boot.volume, path: `${boot.directory}${path}`, root: '/' }
    case 'esp':
      if (esp === undefined) throw missing()
      return { volume: esp, path, root: '/' }
    default: {
      if (root === undefined) throw missing()
      const deployment = entries[defaultIndex]?.deployment ?? deployments[0]
      return { volume: root, path, root: role === 'os' ? (deployment?.path ?? '/') : '/' }
    }
  }
}
