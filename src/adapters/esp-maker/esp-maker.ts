import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename, dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ByteSource } from '../../bytes/index.ts'
import type { EspJob, EspMaker } from '../../ports/index.ts'
import { searchPath } from '../programs/index.ts'
import { raise } from './errors.ts'

const SECTOR_BYTES = 512
const PIECE_BYTES = 1 << 20
const MOST_SAID = 500

/** FAT32 by mkfs.fat (dosfstools), and filled by mtools: neither needs a right or a mount. */
export function espMaker(): EspMaker {
  return {
    async require(signal) {
      await run('mkfs.fat', ['--help'], { signal, exit: 'any' })
      await run('mcopy', ['-V'], { signal, exit: 'any' })
    },
    make,
  }
}

async function make(job: EspJob, signal: AbortSignal): Promise<void> {
  const { outputPath, offsetBytes, sizeBytes, volumeId, label, files } = job
  // mtools takes `@@` in a name for an offset.
  const [directory, name] = [dirname(outputPath), basename(outputPath)]
  const options = { directory, signal }
  const argv = ['-F', '32', '-S', String(SECTOR_BYTES), '-i', volumeId, '-n', label, '--invariant']
  argv.push('--offset', String(offsetBytes / SECTOR_BYTES), name, String(sizeBytes / 1024))
  await run('mkfs.fat', argv, options)
  const image = `${name}@@${offsetBytes}`
  const made = new Set<string>()
  for (const { path, content } of files) {
    const parts = path.split('/')
    for (let depth = 1; depth < parts.length; depth += 1) {
      const parent = parts.slice(0, depth).join('/')
      if (made.has(parent.toUpperCase())) continue
      made.add(parent.toUpperCase())
      await run('mmd', ['-i', image, `::/${parent}`], options)
    }
    await run('mcopy', ['-i', image, '-', `::/${path}`], { ...options, content })
  }
}

type RunOptions = Readonly<{
  directory?: string
  /** For its standard input. */
  content?: ByteSource
  exit?: 'any'
  signal: AbortSignal
}>

async function run(
  program: string,
  argv: readonly string[],
  { directory, content, exit, signal }: RunOptions,
): Promise<void> {
  signal.throwIfAborted()
  const child = spawn(program, argv, {
    ...(directory !== undefined && { cwd: directory }),
    stdio: ['pipe', 'ignore', 'pipe'],
    env: {
      PATH: searchPath(),
      LC_ALL: 'C.UTF-8',
      TZ: 'UTC',
      MTOOLS_SKIP_CHECK: '1',
      MTOOLSRC: '/dev/null',
      SOURCE_DATE_EPOCH: '315532800',
    },
    signal,
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(0, MOST_SAID)
  })
  const ended = once(child, 'close') as Promise<[code: number | null, by: string | null]>
  ended.catch(() => undefined)
  try {
    await once(child, 'spawn')
  } catch (error) {
    signal.throwIfAborted()
    throw raise('ESP_NEEDS_PROGRAM', { program }, error)
  }
  const fed = pipeline(
    Readable.from(content === undefined ? [] : piecesOf(content, signal)),
    child.stdin,
  ).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error,
  )
  const [code, by] = await ended.catch((error: unknown): never => {
    signal.throwIfAborted()
    throw error
  })
  const failure = await fed
  if (exit === 'any') return
  if (failure !== undefined && failure.code !== 'EPIPE') throw failure
  if (code !== 0) throw raise('ESP_FAILED', { program, why: said.trim() || `it ended with ${code ?? by}` })
}

async function* piecesOf(
  source: ByteSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = 0; at < source.size; at += PIECE_BYTES)
    yield await source.read(at, Math.min(PIECE_BYTES, source.size - at), signal)
}
