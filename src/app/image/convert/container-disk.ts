import { openOutputFolder, scratchDirectory as temporaryIn } from '../../../adapters/convert/index.ts'
import { espMaker } from '../../../adapters/esp-maker/index.ts'
import { ext4Maker } from '../../../adapters/ext4-maker/index.ts'
import { sha256 } from '../../../adapters/system/index.ts'
import { fromBytes } from '../../../bytes/index.ts'
import {
  efiArchitecture,
  findLoader,
  layoutContainerDisk,
  loaderTexts,
  planContainerDisk as planRoot,
  raiseContainerDisk,
} from '../../../image/container-disk/index.ts'
import type { ContainerDiskPlan, DiskParts, LoaderFiles } from '../../../image/container-disk/index.ts'
import { EXT4_FORM, leftOut, newTally, tarOfTree } from '../../../image/live/index.ts'
import type { TreeTally } from '../../../image/live/index.ts'
import type { EspFile } from '../../../ports/index.ts'
import { joinedFile, planBase, usedBytesIn } from '../../../runtime/image/index.ts'
import type { Conversion } from '../../../runtime/image/index.ts'
import { aboutImage, knownBoot, openBoot, trioFiles } from './open-boot.ts'
import type { BootOptions, OpenedBoot } from './open-boot.ts'
import { openConversion } from './open-conversion.ts'
import type { ConversionOptions, PlannedConversion } from './plan-conversion.ts'

export const DISK_TYPES = ['ext4', 'xfs', 'btrfs'] as const

export type ContainerDiskOptions = BootOptions &
  Pick<ConversionOptions, 'what' | 'freeSpace' | 'digests'> &
  Readonly<{
    type: (typeof DISK_TYPES)[number]
    /** Of the root file system, in bytes. Default: what the tree needs, and room to run. */
    rootBytes?: number
  }>

/** A disk of a container of which everything is known before the first byte is written. Dispose of it when done. */
export type PlannedContainerDisk = AsyncDisposable &
  Readonly<{
    location: string
    options: ContainerDiskOptions
    opened: OpenedBoot
    root: ContainerDiskPlan
    files: Pick<Conversion, 'kernel' | 'ramdisk'>
    about: Conversion['about']
    madeSeconds: number
    /** Of a whole disk. */
    disk?: Readonly<{ parts: DiskParts; loader: LoaderFiles }>
  }>

/** Why no well-kept tool makes these out of a stream, without root. */
const NOT_MADE = {
  xfs: 'mkfs.xfs fills a new XFS from a list that knows no extended attributes, hard links, holes and times; that of xfsprogs 7.2 also from a directory, whose files only root can give to their owners',
  btrfs:
    'mkfs.btrfs fills a new btrfs from a directory whose files belong to their owners, which only root can make',
} as const

const NO_THREADS = 0

/**
 * Opens a container image and plans the disk that it becomes: reads metadata and small files, and writes nothing. Throws what
 * the readers and the contract throw, CONTAINER_DISK_…, EXT4_NEEDS_PROGRAM and ESP_NEEDS_PROGRAM.
 */
export async function planContainerDisk(
  location: string,
  options: ContainerDiskOptions,
): Promise<PlannedContainerDisk> {
  const { type, what, rootBytes: sizeBytes, signal } = options
  if (type !== 'ext4') throw raiseContainerDisk('CONTAINER_DISK_TYPE', { type, why: NOT_MADE[type] })
  await using stack = new AsyncDisposableStack()
  const opened = await openBoot(stack, location, options, NO_THREADS)
  const { disk: image, inventory, container } = opened
  if (container === undefined) throw raiseContainerDisk('CONTAINER_DISK_NEEDS_CONTAINER', { image: location })
  const contract = knownBoot(opened)
  const identity = { seed: container.configDigest, digest: sha256 }
  const root = await planRoot(image, inventory, contract, { sizeBytes, ...identity, signal })
  const files = await trioFiles(image, root.contract, signal)
  await ext4Maker().require(signal)
  const disk = what === 'disk' ? await planWholeDisk(opened, root, identity, signal) : undefined
  const kept = stack.move()
  return {
    location,
    options,
    opened,
    root,
    files,
    about: aboutImage(opened, location, root),
    madeSeconds: Math.max(0, Math.floor(Date.parse(container.created) / 1000)) || 0,
    ...(disk && { disk }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function planWholeDisk(
  { disk: image, container }: OpenedBoot,
  { root, contract, size }: ContainerDiskPlan,
  identity: Readonly<{ seed: string; digest: typeof sha256 }>,
  signal: AbortSignal,
): Promise<NonNullable<PlannedContainerDisk['disk']>> {
  const architecture = container?.platform.architecture ?? ''
  const loader = await findLoader(root, architecture, signal)
  const names = efiArchitecture(architecture)
  if (loader === undefined || names === undefined)
    throw raiseContainerDisk('CONTAINER_DISK_NO_LOADER', { image: image.name, architecture })
  await espMaker().require(signal)
  const bootBytes = [contract.kernel, ...contract.initrds].reduce((sum, one) => sum + one.sizeBytes, 0)
  return { loader, parts: layoutContainerDisk(size.sizeBytes, bootBytes, names.rootType, identity) }
}

/**
 * Makes the disk in a file of the scratch directory, which goes with the result, and plans its conversion. Throws EXT4_…, ESP_…,
 * OUTPUT_FULL, CONTAINER_DISK_UNSOUND and what the readers throw.
 */
export async function makeContainerDisk(
  planned: PlannedContainerDisk,
  scratchDirectory: string,
  {
    onProgress,
    signal,
  }: Readonly<{ onProgress?: (tally: Readonly<TreeTally>) => void; signal: AbortSignal }>,
): Promise<PlannedConversion> {
  const { root, files, about, disk, options } = planned
  const { freeSpace = 'skip', digests = 'make' } = options
  await using stack = new AsyncDisposableStack()
  const folder = await openOutputFolder({
    directory: scratchDirectory,
    names: [],
    existing: 'replace',
    neededBytes: root.size.blockBytes + root.size.inodes * 256 + SCRATCH_BYTES,
  })
  stack.defer(() => folder.discard())
  const diskBytes = disk?.parts.diskBytes ?? root.size.sizeBytes
  const output = await folder.create('container-disk', diskBytes)
  const { temporaryPath: outputPath } = output
  const tally = newTally()
  await makeRoot(planned, outputPath, scratchDirectory, tally, onProgress, signal)
  if (disk !== undefined) {
    await makeEsp(planned, disk, outputPath, signal)
    for (const { offsetBytes, bytes } of disk.parts.patches) await output.write(bytes, offsetBytes)
  }

  const made = stack.use(await openConversion(outputPath, { boot: {}, what: 'disk', signal }, NO_THREADS))
  const found = made.conversion.about.boot.commandLine
  const wanted = root.boot.commandLine
  if (disk !== undefined && found !== wanted)
    throw raiseContainerDisk('CONTAINER_DISK_UNSOUND', { image: planned.location, found, wanted })
  const { sectorSizeBytes, ...base } = made.conversion.base
  const conversion: Conversion = {
    ...made.conversion,
    ...(disk === undefined ? files : {}),
    base:
      disk === undefined
        ? { ...base, from: 'container', holds: 'filesystem' }
        : { ...base, from: 'container', ...(sectorSizeBytes !== undefined && { sectorSizeBytes }) },
    about: { ...about, warnings: [...about.warnings, ...leftOut(tally, EXT4_FORM)] },
  }
  const baseJob = await planBase(conversion, freeSpace, signal)
  const job = digests === 'none' ? { ...baseJob, digests } : baseJob
  const { entry, title } = root.contract
  const kept = stack.move()
  return {
    boots: { id: entry, title },
    conversion,
    job,
    freeSpace,
    usedBytes: usedBytesIn(job),
    unchanged: planned.opened.unchanged,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Plans and makes it in one: `planContainerDisk` and `makeContainerDisk`. */
export async function convertContainer(
  location: string,
  options: ContainerDiskOptions,
  onWarning: (text: string) => void,
): Promise<PlannedConversion> {
  await using stack = new AsyncDisposableStack()
  const planned = stack.use(await planContainerDisk(location, options))
  for (const text of planned.about.warnings) onWarning(text)
  const scratch = temporaryIn(options.open?.temporaryDirectory)
  const made = stack.use(await makeContainerDisk(planned, scratch, options))
  const kept = stack.move()
  return { ...made, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** Journal, contents that are put aside, the EFI system partition’s tables. */
const SCRATCH_BYTES = 256 << 20

async function makeRoot(
  { root, disk, madeSeconds }: PlannedContainerDisk,
  outputPath: string,
  scratchDirectory: string,
  tally: TreeTally,
  onProgress: ((tally: Readonly<TreeTally>) => void) | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { tree, size, uuid, label } = root
  const archive = (async function* () {
    for await (const piece of tarOfTree(tree, tally, EXT4_FORM, signal)) {
      yield piece
      onProgress?.(tally)
    }
  })()
  const { sizeBytes, inodes } = size
  const offsetBytes = disk?.parts.root.offsetBytes ?? 0
  await ext4Maker().make(
    { archive, outputPath, offsetBytes, sizeBytes, inodes, uuid, label, madeSeconds, scratchDirectory },
    signal,
  )
}

async function makeEsp(
  { root, files, about, opened }: PlannedContainerDisk,
  { parts, loader }: NonNullable<PlannedContainerDisk['disk']>,
  outputPath: string,
  signal: AbortSignal,
): Promise<void> {
  const { id = 'linux', prettyName } = opened.inventory.layout.osRelease ?? {}
  const version = root.contract.entry
  const directory = `${id}/${version}`
  const [kernel, initrd] = [`${directory}/linux`, `${directory}/initrd`]
  const { commandLine } = about.boot
  const texts = loaderTexts(loader, { title: prettyName ?? id, version, kernel, initrd, commandLine })
  const contents: EspFile[] = [
    ...loader.files.map(({ path, content }) => ({ path, content })),
    ...(files.kernel === undefined ? [] : [{ path: kernel, content: joinedFile(files.kernel) }]),
    ...(files.ramdisk === undefined ? [] : [{ path: initrd, content: joinedFile(files.ramdisk) }]),
    ...Object.entries(texts).map(([path, text]) => ({
      path,
      content: fromBytes(new TextEncoder().encode(text), path),
    })),
  ]
  const { offsetBytes, sizeBytes, volumeId } = parts.esp
  await espMaker().make(
    { outputPath, offsetBytes, sizeBytes, volumeId, label: 'ESP', files: contents },
    signal,
  )
}
