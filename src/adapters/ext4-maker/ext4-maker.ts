import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { ForwardStream } from '../../bytes/index.ts'
import { tarEntries } from '../../formats/tar/index.ts'
import type { TarEntry } from '../../formats/tar/index.ts'
import type { FileSystemJob, FileSystemMaker } from '../../ports/index.ts'
import { searchPath } from '../programs/index.ts'
import { DebugfsCommands } from './debugfs-commands.ts'
import { DebugfsSession } from './debugfs-session.ts'
import { raise } from './errors.ts'
import { AsideFiles } from './put-aside.ts'

const BLOCK_BYTES = 4096
/** Every one that Linux has known since 4.4: images do not depend on the mke2fs that made them. */
const FEATURES =
  'none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,flex_bg,sparse_super,large_file,huge_file,dir_nlink,extra_isize,metadata_csum,64bit'
/** What is put aside before debugfs is told of it, unless one file has more. */
const BATCH = { bytes: 16 << 20, files: 256 } as const
const PIECE_BYTES = 1 << 20
const MOST_SAID = 500

/** ext4 by mke2fs, and filled by debugfs: any version of e2fsprogs that is in use (docs/adr). */
export function ext4Maker(): FileSystemMaker {
  return { require: requirePrograms, make }
}

async function requirePrograms(signal: AbortSignal): Promise<void> {
  for (const program of ['mke2fs', 'debugfs']) {
    // Both end with 1 or 0 here, by version.
    await promisify(execFile)(program, ['-V'], { signal, env: environment(0) }).catch((error: unknown) => {
      signal.throwIfAborted()
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
        throw raise('EXT4_NEEDS_PROGRAM', { program }, error)
    })
  }
}

async function make(job: FileSystemJob, signal: AbortSignal): Promise<void> {
  const { outputPath, offsetBytes, scratchDirectory, madeSeconds } = job
  const env = environment(madeSeconds)
  await makeEmpty(job, env, signal)
  await using session = new DebugfsSession(
    `${outputPath}?offset=${offsetBytes}`,
    scratchDirectory,
    env,
    signal,
  )
  // While debugfs takes one batch, the next is put aside.
  using first = new AsideFiles(scratchDirectory, 'content-a')
  using second = new AsideFiles(scratchDirectory, 'content-b')
  const archive = new ForwardStream(job.archive, outputPath)
  const commands = new DebugfsCommands()
  let [aside, other] = [first, second]
  let text = ''
  let bytes = 0
  let underWay: Promise<void> = Promise.resolve()
  const send = async (): Promise<void> => {
    await underWay
    underWay = session.done(text)
    underWay.catch(() => undefined)
    ;[aside, other] = [other, aside]
    aside.restart()
    text = ''
    bytes = 0
  }
  try {
    for await (const entry of tarEntries(archive)) {
      signal.throwIfAborted()
      const content = entry.type === '0' ? await putContent(entry, archive, aside) : undefined
      const lines = commands.of(entry, content, (value) => aside.put(value))
      text += lines.map((line) => `${line}\n`).join('')
      bytes += entry.storedBytes
      if (bytes >= BATCH.bytes || aside.count >= BATCH.files || text.length >= PIECE_BYTES) await send()
    }
    await send()
    await underWay
    await session.close()
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    await archive.close()
  }
}

async function putContent(entry: TarEntry, archive: ForwardStream, aside: AsideFiles): Promise<string> {
  const file = aside.open()
  const { sizeBytes, storedBytes, sparse } = entry
  const parts = sparse?.parts ?? [{ offsetBytes: 0, lengthBytes: storedBytes }]
  for (const { offsetBytes, lengthBytes } of parts) {
    for (let done = 0; done < lengthBytes;) {
      const piece = await archive.take(Math.min(PIECE_BYTES, lengthBytes - done))
      if (piece === undefined) throw new TypeError('an archive of Anneal is whole')
      file.write(piece, offsetBytes + done)
      done += piece.length
    }
  }
  file.close(sizeBytes)
  return file.name
}

async function makeEmpty(
  { outputPath, offsetBytes, sizeBytes, inodes, uuid, label }: FileSystemJob,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<void> {
  const extended = `offset=${offsetBytes},lazy_itable_init=0,lazy_journal_init=0,nodiscard,root_owner=0:0,hash_seed=${uuid}`
  const argv = ['-q', '-F', '-t', 'ext4', '-b', String(BLOCK_BYTES), '-I', '256', '-N', String(inodes)]
  argv.push('-U', uuid, '-L', label, '-O', FEATURES, '-E', extended, outputPath)
  argv.push(String(Math.floor(sizeBytes / BLOCK_BYTES)))
  try {
    await promisify(execFile)('mke2fs', argv, { env, signal })
  } catch (error) {
    signal.throwIfAborted()
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error)
    throw raise('EXT4_FAILED', { program: 'mke2fs', why: said.trim().slice(0, MOST_SAID) }, error)
  }
}

/** The time that everything is made at: the same container gives the same bytes. */
function environment(madeSeconds: number): Readonly<Record<string, string>> {
  return { PATH: searchPath(), LC_ALL: 'C', TZ: 'UTC', E2FSPROGS_FAKE_TIME: String(Math.max(1, madeSeconds)) }
}
