import { execFile } from 'node:child_process'
import { truncate } from 'node:fs/promises'
import { promisify } from 'node:util'
import type { FileSystemShrinker } from '../../ports/index.ts'
import { searchPath } from '../programs/index.ts'
import { raise } from './errors.ts'

const MOST_SAID = 4000
const KIB = 1024

/** resize2fs and e2fsck of e2fsprogs (docs/adr), on a file: it needs no rights but to write it. */
export function ext4Shrinker(): FileSystemShrinker {
  return { require: requirePrograms, shrink }
}

async function requirePrograms(signal: AbortSignal): Promise<void> {
  for (const program of ['resize2fs', 'e2fsck']) {
    // Both end with an error where they are asked for nothing: that they run is what counts.
    const { missing } = await run(program, program === 'e2fsck' ? ['-V'] : [], signal)
    if (missing) throw raise('SHRINK_NEEDS_PROGRAM', { program })
  }
}

const shrink: FileSystemShrinker['shrink'] = async ({ path, sizeBytes, blockSizeBytes, sizeFor }, signal) => {
  await check(path, 'before it was shrunk', signal)
  const estimated = await need('resize2fs', ['-P', path], signal)
  const [, blocks] = /minimum size of the filesystem: (\d+)/.exec(estimated) ?? []
  if (blocks === undefined) throw raise('SHRINK_FAILED', { program: 'resize2fs -P', why: estimated })
  const wantedBytes = sizeFor(Number(blocks) * blockSizeBytes)
  if (wantedBytes >= sizeBytes) return sizeBytes
  // It asks for a check by e2fsck that writes; the one above found nothing to write.
  await need('resize2fs', ['-f', path, `${wantedBytes / KIB}K`], signal)
  await truncate(path, wantedBytes)
  await check(path, 'after it was shrunk', signal)
  return wantedBytes
}

/** Changes nothing. */
async function check(path: string, when: string, signal: AbortSignal): Promise<void> {
  const { code, said } = await run('e2fsck', ['-f', '-n', path], signal)
  if (code !== 0) throw raise('SHRINK_FAILED', { program: 'e2fsck', why: `${when} it found: ${said}` })
}

async function need(program: string, args: readonly string[], signal: AbortSignal): Promise<string> {
  const { code, said } = await run(program, args, signal)
  if (code !== 0) throw raise('SHRINK_FAILED', { program, why: said })
  return said
}

async function run(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Readonly<{ code: number; said: string; missing: boolean }>> {
  const env = { PATH: searchPath(), LC_ALL: 'C' }
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, { env, signal })
    return { code: 0, said: `${stdout}${stderr}`, missing: false }
  } catch (error) {
    signal.throwIfAborted()
    const { code, stdout = '', stderr = '' } = error as { code?: unknown; stdout?: string; stderr?: string }
    const said = `${stdout}${stderr}`.trim().split('\n').slice(-4).join('; ').slice(-MOST_SAID)
    return { code: typeof code === 'number' ? code : 1, said, missing: code === 'ENOENT' }
  }
}
