import { execFile } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { RootFormat } from '../../image/live/index.ts'
import type { RootImageJob, RootImageMaker } from '../../ports/index.ts'
import { raise } from './errors.ts'
import { feedProgram } from './fed-program.ts'
import { makeErofs } from './make-erofs.ts'

type Program = Readonly<{
  name: string
  /** Prints its version. */
  asked: string
  version: RegExp
  /** The first that reads an archive from its standard input. */
  needed: readonly [major: number, minor: number]
  from: string
  make: (job: RootImageJob, signal: AbortSignal) => Promise<void>
}>

const PROGRAMS: Readonly<Record<RootFormat, Program>> = {
  squashfs: {
    name: 'mksquashfs',
    asked: '-version',
    version: /version (\d+)\.(\d+)/,
    needed: [4, 5],
    from: 'squashfs-tools',
    make: makeSquashfs,
  },
  erofs: {
    name: 'mkfs.erofs',
    asked: '-V',
    version: /mkfs\.erofs\D*(\d+)\.(\d+)/,
    needed: [1, 8],
    from: 'erofs-utils',
    make: makeErofs,
  },
}

/** mksquashfs of squashfs-tools and mkfs.erofs of erofs-utils (docs/adr). They get the archive, and write the one file that they are told. */
export function rootImageMaker(): RootImageMaker {
  return {
    require: requireProgram,
    async make(job, signal) {
      await PROGRAMS[job.format].make(job, signal)
      return (await stat(job.outputPath)).size - job.offsetBytes
    },
  }
}

async function requireProgram(
  { format, compression }: Pick<RootImageJob, 'format' | 'compression'>,
  signal: AbortSignal,
): Promise<void> {
  const { name, asked, version, needed, from } = PROGRAMS[format]
  const lacks = (why: string, cause?: unknown): Error =>
    raise('ROOT_IMAGE_NEEDS_PROGRAM', { why, package: from, version: needed.join('.') }, cause)
  let said: string
  try {
    // Some versions end with 1 here, and old ones have no such option.
    said = await promisify(execFile)(name, [asked], { signal }).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: { stdout?: string; stderr?: string }) => {
        const both = `${error.stdout ?? ''}${error.stderr ?? ''}`
        if (both !== '') return both
        throw error
      },
    )
  } catch (error) {
    signal.throwIfAborted()
    throw lacks(`${name} is not installed`, error)
  }
  const [, major = '0', minor = '0'] = version.exec(said) ?? []
  const isNew = Number(major) > needed[0] || (Number(major) === needed[0] && Number(minor) >= needed[1])
  if (!isNew) throw lacks(`${name} ${major}.${minor} cannot read an archive from its standard input`)
  const [, compressors] = /available compressors: (.*)/i.exec(said) ?? []
  if (format === 'erofs' && compression !== 'none' && !/\S/.test(compressors ?? ''))
    throw lacks(`${name} ${major}.${minor} was built without compression`)
  if (format === 'erofs' && compression !== 'none' && !compressors?.split(/,\s*/).includes(compression))
    throw lacks(`${name} ${major}.${minor} was built without ${compression}`)
}

async function makeSquashfs(job: RootImageJob, signal: AbortSignal): Promise<void> {
  const { archive, compression, outputPath, offsetBytes, rootMode } = job
  const argv = ['-', outputPath, '-tar', '-noappend', '-quiet', '-no-progress', '-comp', compression]
  // Without it the root directory has the mode 777, whatever an archive says of it.
  argv.push('-root-mode', rootMode.toString(8))
  if (offsetBytes > 0) argv.push('-offset', String(offsetBytes))
  await feedProgram('mksquashfs', argv, archive, signal)
}
