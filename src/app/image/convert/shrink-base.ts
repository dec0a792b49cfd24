import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { conversionTools, ext4Shrinker, openOutputFolder } from '../../../adapters/convert/index.ts'
import { ImageFiles, bootedTree, mountedAt } from '../../../image/boot/index.ts'
import {
  baseOfDisk,
  findGrowers,
  finding,
  requireShrinkable,
  shrunkSize,
  warningOf,
} from '../../../image/convert/index.ts'
import type { Base, Grower } from '../../../image/convert/index.ts'
import { convertImage, planBase } from '../../../runtime/image/index.ts'
import type { BaseJob, Conversion } from '../../../runtime/image/index.ts'
import { knownBoot } from './open-boot.ts'
import type { OpenedBoot } from './open-boot.ts'
import { openImage } from '../open-image.ts'

/** What is known of a base that will be shrunk, before a byte is written. */
export type PlannedShrink = Readonly<{ blockSizeBytes: number; growers: readonly Grower[] }>

/** Throws SHRINK_UNSUPPORTED and SHRINK_NEEDS_PROGRAM. The conversion says what grows the base again. */
export async function planShrink(
  opened: OpenedBoot,
  base: Base,
  conversion: Conversion,
  signal: AbortSignal,
): Promise<Readonly<{ shrink: PlannedShrink; conversion: Conversion }>> {
  const { disk, inventory } = opened
  const { blockSizeBytes } = requireShrinkable(disk.name, base)
  await ext4Shrinker().require(signal)
  const { arguments: all, deployment } = knownBoot(opened)
  const { root } = inventory.layout
  const tree = deployment && bootedTree(inventory.layout, deployment)
  const own = root && (mountedAt(root, []) ?? root)
  const places = [
    ...(own === undefined ? [] : [{ volume: own, root: deployment?.path ?? '/' }]),
    ...(tree === undefined ? [] : [{ volume: tree, root: '/' }]),
  ]
  const growers = await findGrowers(new ImageFiles(signal), places, all)
  const told =
    growers.length === 0
      ? [warningOf(finding('BASE_DOES_NOT_GROW', base.node.address, 'nothing in the image grows it'))]
      : []
  const { about } = conversion
  return {
    shrink: { blockSizeBytes, growers },
    conversion: { ...conversion, about: { ...about, warnings: [...about.warnings, ...told] } },
  }
}

/** A base that was written for itself and shrunk; it goes with its temporary file. */
export type ShrunkBase = AsyncDisposable & Readonly<{ conversion: Conversion; job: BaseJob }>

/**
 * Writes the base into a temporary file below `directory`, shrinks it there, and gives the conversion of that. Throws
 * SHRINK_FAILED.
 */
export async function shrinkBase(
  { conversion, job, shrink }: Readonly<{ conversion: Conversion; job: BaseJob; shrink: PlannedShrink }>,
  directory: string,
  onProgress: (progress: Readonly<{ doneBytes: number; totalBytes: number }>) => void,
  signal: AbortSignal,
): Promise<ShrunkBase> {
  await using made = new AsyncDisposableStack()
  const work = await mkdtemp(join(directory, '.shrink-'))
  made.defer(() => rm(work, { recursive: true, force: true }))
  const names = ['base.raw', 'base.raw.bmap', 'boot.json']
  const folder = await openOutputFolder({ directory: work, names, existing: 'refuse', neededBytes: 0 })
  const { kernel: _kernel, ramdisk: _ramdisk, ...baseAlone } = conversion
  await convertImage(
    { ...conversionTools(), folder },
    baseAlone,
    { ...job, digests: 'none' },
    { format: 'raw', baseName: 'base.raw', freeSpace: 'skip', extraFiles: () => ({}), onProgress },
    signal,
  )
  const path = join(work, 'base.raw')
  const before = job.sizeBytes
  const { blockSizeBytes, growers } = shrink
  const size = { path, sizeBytes: before, blockSizeBytes }
  const after = await ext4Shrinker().shrink(
    { ...size, sizeFor: (neededBytes) => shrunkSize(neededBytes, before) },
    signal,
  )
  const opened = made.use(await openImage(path, { threads: 0, signal }))
  const base = baseOfDisk(opened.stack)
  const smaller: Conversion = {
    ...conversion,
    base: {
      ...conversion.base,
      source: base.source,
      pieces: base.pieces,
      patches: [],
      shrunk: { fromBytes: before, grownBy: growers },
    },
    extents: (asked, layers) => base.extents(asked, layers),
    about: { ...conversion.about, changes: [...conversion.about.changes, change(before, after)] },
  }
  const planned = await planBase(smaller, 'skip', signal)
  const kept = made.move()
  return {
    conversion: smaller,
    job: job.digests === undefined ? planned : { ...planned, digests: job.digests },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

function change(before: number, after: number): Conversion['about']['changes'][number] {
  return {
    file: 'base',
    what: before === after ? `it stays at ${before} bytes` : `it has ${after} bytes instead of ${before}`,
    reason: 'with --shrink it is as large as what is in use, and a tenth more, at least 64 MiB',
  }
}
