import type { BootFile, StoredFile, StoredRootImage } from '../../contract/index.ts'
import { LARGEST_CPIO_MEMBER_BYTES, cpioHeader, cpioPadding, cpioTrailer } from '../../formats/cpio/index.ts'
import {
  ROOT_IMAGE_NAME,
  ROOT_FORMS,
  leftOut,
  newTally,
  raiseLive,
  tarOfTree,
  withRootTree,
} from '../../image/live/index.ts'
import type { LivePlan, RootTree, TreeTally } from '../../image/live/index.ts'
import type { ConversionWorld, HashTreeWriter, OutputFile, RootImageMaker } from '../../ports/index.ts'
import type { Conversion } from './convert-image.ts'
import { fileBytes } from './file-bytes.ts'
import type { FileToStore } from './file-bytes.ts'
import { storeFile, storeTexts } from './store-files.ts'

/** Everything about a live image that is known before the first byte is written. */
export type LiveJob = Readonly<{
  kernel: FileToStore
  /** The initrds of the image. */
  ramdisk: FileToStore
  about: Conversion['about']
  plan: LivePlan
}>

export type LiveWorld = ConversionWorld & Readonly<{ rootImages: RootImageMaker; hashTrees: HashTreeWriter }>

export type StoreLiveOptions = Readonly<{
  /** Of the root image, where it has a file of its own. */
  rootName: string
  extraFiles: (boot: BootFile) => Readonly<Record<string, string>>
  /** Called now and then with what has been packed so far. */
  onProgress: (tally: Readonly<TreeTally>) => void
}>

/**
 * Writes kernel, ramdisk, root image and boot.json into the world's folder and commits it. The tree streams through the
 * program that makes the root image: nothing else is written. Whatever fails, or an abort, leaves nothing behind.
 */
export async function storeLive(
  world: LiveWorld,
  job: LiveJob,
  options: StoreLiveOptions,
  signal: AbortSignal,
): Promise<BootFile> {
  const { plan } = job
  const { place, format } = plan.root
  const tally = newTally()
  try {
    const kernel = await storeFile(world, job.kernel, signal)
    const packed =
      place.in === 'file'
        ? await ownFile(world, job, options, tally, signal)
        : await inRamdisk(world, job, options, tally, signal)
    const { contentBytes, nodes } = tally
    const boot: BootFile = {
      schema: 'anneal.boot/1',
      ...job.about,
      ...(packed.tree !== undefined && { boot: withRootTree(job.about.boot, packed.tree) }),
      warnings: [...job.about.warnings, ...leftOut(tally, ROOT_FORMS[format])],
      ...(kernel === undefined ? {} : { kernel }),
      ramdisk: packed.ramdisk,
      live: {
        ...packed.image,
        format,
        compression: plan.compression,
        ...(place.in === 'file' && { url: place.url }),
        ...(packed.tree !== undefined && {
          verity: { rootHash: packed.tree.rootHash, hashOffsetBytes: packed.tree.offsetBytes },
        }),
        from: plan.from,
        contentBytes,
        nodes,
      },
    }
    await storeTexts(world, boot, options.extraFiles(boot))
    signal.throwIfAborted()
    await world.folder.commit()
    return boot
  } finally {
    await world.folder.discard()
  }
}

type Packed = Readonly<{
  ramdisk: StoredFile
  image: Pick<StoredRootImage, 'file' | 'offsetBytes' | 'sizeBytes' | 'sha256' | 'sha512'>
  tree?: RootTree
}>

type MadeImage = Readonly<{ sizeBytes: number; tree?: RootTree }>

async function ownFile(
  world: LiveWorld,
  job: LiveJob,
  { rootName, onProgress }: StoreLiveOptions,
  tally: TreeTally,
  signal: AbortSignal,
): Promise<Packed> {
  const ramdisk = await storeFile(world, job.ramdisk, signal)
  if (ramdisk === undefined) throw new TypeError('a live image has an initramfs')
  const output = await world.folder.create(rootName, 0)
  const { tree } = await makeImage(world, job, { output, offsetBytes: 0, tally, onProgress }, signal)
  const digests = await world.digestFile(output.temporaryPath, signal)
  return { ramdisk, image: { file: rootName, offsetBytes: 0, ...digests }, ...(tree && { tree }) }
}

/**
 * The initrds, and behind them an archive with one member, the root image. The program writes it where it belongs in that file;
 * what stands before it is written when its size is known.
 */
async function inRamdisk(
  world: LiveWorld,
  job: LiveJob,
  { onProgress }: StoreLiveOptions,
  tally: TreeTally,
  signal: AbortSignal,
): Promise<Packed> {
  const { name, from } = job.ramdisk
  let initrdBytes = 0
  for (const { source } of from) initrdBytes += cpioPadding(initrdBytes) + source.size
  const headerAt = initrdBytes + cpioPadding(initrdBytes)
  const header = (sizeBytes: number): Uint8Array =>
    cpioHeader({ name: ROOT_IMAGE_NAME, mode: 0o100444, sizeBytes })
  const offsetBytes = headerAt + header(0).length

  const output = await world.folder.create(name, 0)
  const { sizeBytes, tree } = await makeImage(world, job, { output, offsetBytes, tally, onProgress }, signal)
  if (sizeBytes > LARGEST_CPIO_MEMBER_BYTES)
    throw raiseLive('LIVE_ROOT_TOO_LARGE', { sizeBytes, limitBytes: LARGEST_CPIO_MEMBER_BYTES })
  let at = 0
  for await (const bytes of fileBytes(job.ramdisk, world.chunks, signal)) {
    await output.write(bytes, at)
    at += bytes.length
  }
  await output.write(new Uint8Array(headerAt - at), at)
  await output.write(header(sizeBytes), headerAt)
  const end = offsetBytes + sizeBytes
  const padding = cpioPadding(sizeBytes)
  await output.write(new Uint8Array(padding), end)
  await output.write(cpioTrailer(), end + padding)
  const digests = await world.digestFile(output.temporaryPath, signal)
  return {
    ramdisk: { file: name, ...digests, from: from.map(({ path }) => path) },
    image: { file: name, offsetBytes, sizeBytes },
    ...(tree && { tree }),
  }
}

async function makeImage(
  world: LiveWorld,
  { plan }: LiveJob,
  {
    output,
    offsetBytes,
    tally,
    onProgress,
  }: Readonly<{
    output: OutputFile
    offsetBytes: number
    tally: TreeTally
    onProgress: StoreLiveOptions['onProgress']
  }>,
  signal: AbortSignal,
): Promise<MadeImage> {
  const { compression, rootMode, root } = plan
  const { format, check } = root
  const archive = told(tarOfTree(plan.tree, tally, ROOT_FORMS[format], signal), () => onProgress(tally))
  const outputPath = output.temporaryPath
  const sizeBytes = await world.rootImages.make(
    { archive, format, compression, outputPath, offsetBytes, rootMode },
    signal,
  )
  if (check === 'none') return { sizeBytes }
  const tree = await world.hashTrees.append({ path: outputPath, offsetBytes, sizeBytes }, signal)
  return { sizeBytes: tree.endBytes, tree }
}

async function* told(
  pieces: AsyncIterable<Uint8Array>,
  tell: () => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const piece of pieces) {
    yield piece
    tell()
  }
}
