import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import type { Engine, ImageFacts } from '../../ports/index.ts'
import { raise } from './errors.ts'

const TOOL = 'mmdebstrap'

/** Streams the root tar that the script writes into the engine: it never lies on disk. */
export async function makeBase(
  engine: Engine,
  script: string,
  reference: string,
  labels: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<ImageFacts> {
  if (!existsSync(`/usr/bin/${TOOL}`)) throw raise('BASE_TOOL_MISSING', { tool: TOOL })
  const child = spawn(script, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(signal === undefined ? {} : { signal }),
  })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output = `${output}${chunk.toString()}`.slice(-2000)))
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve(code ?? 128))
  })
  try {
    const [image, code] = await Promise.all([engine.importImage(child.stdout, reference, labels), ended])
    // The engine imports what it got: a tar that was cut short must not become a base that others are built on.
    if (code !== 0) throw raise('BASE_FAILED', { script, code, output })
    return image
  } catch (error) {
    const code = await ended.catch(() => 128)
    signal?.throwIfAborted()
    if (code !== 0) throw raise('BASE_FAILED', { script, code, output }, error)
    throw error
  }
}
