import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { dockerEnvironment } from './engine.ts'
import { raise } from './errors.ts'
import { imageReference } from './image-recipe.ts'
import type { BuiltImage } from './images.ts'
import { withLock } from './lock.ts'
import { labPath } from './paths.ts'
import { must, say, tail } from './run.ts'

/**
 * A host's engine starts with images already in its data directory: made once for each set of images by loading them
 * into an empty engine, then copied for each host. Layers are never written after they are unpacked (overlayfs copies
 * up), so their files are hard links; all else, data bases above all, is copied.
 */
export type NestedEngine = 'docker' | 'podman'

/** The directory of layers inside each engine's data directory. */
const LAYERS: Readonly<Record<NestedEngine, string>> = { docker: 'overlay2', podman: 'storage/overlay' }
export const DATA_DIRECTORY: Readonly<Record<NestedEngine, string>> = {
  docker: '/var/lib/docker',
  podman: '/var/lib/containers',
}

/** Makes `target`, which must not exist, the data directory of an engine that holds `images`. */
export async function seedDataDirectory(
  engine: NestedEngine,
  node: BuiltImage,
  images: readonly BuiltImage[],
  target: string,
): Promise<void> {
  if (images.length === 0) {
    mkdirSync(target, { recursive: true })
    return
  }
  const seed = await ensureSeed(engine, node, images)
  const layers = LAYERS[engine]
  await must(`copy the images for ${engine}`, [
    'sh',
    '-ec',
    `mkdir -p "$2"; tar --create --file - --directory "$1" --xattrs --exclude "./${layers}" . | tar --extract --directory "$2" --xattrs --xattrs-include='*'; cp -al "$1/${layers}" "$2/${layers}"`,
    'sh',
    seed,
    target,
  ])
}

async function ensureSeed(
  engine: NestedEngine,
  node: BuiltImage,
  images: readonly BuiltImage[],
): Promise<string> {
  const names = images.map((image) => image.reference).sort()
  const contents = createHash('sha256')
    .update([node.id, ...images.map((image) => image.id)].sort().join())
    .digest('hex')
  const seed = labPath('seeds', `${engine}-${contents.slice(0, 16)}`)
  return withLock(`${seed}.lock`, async () => {
    if (existsSync(seed)) return seed
    say(`loading ${images.length} images for ${engine} (once for this set)`)
    const started = performance.now()
    const work = `${seed}.new`
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true })
    await load(engine, names, work)
    // Older contents of the same set of names are of no more use.
    const set = names.join('\n')
    for (const other of readdirSync(labPath('seeds'))) {
      const list = labPath('seeds', other, '.images')
      if (
        other.startsWith(engine) &&
        !other.endsWith('.new') &&
        existsSync(list) &&
        readFileSync(list, 'utf8') === set
      ) {
        rmSync(labPath('seeds', other), { recursive: true, force: true })
      }
    }
    writeFileSync(join(work, '.images'), set)
    renameSync(work, seed)
    say(`loaded in ${((performance.now() - started) / 1000).toFixed(1)} s`)
    return seed
  })
}

/** `docker save` of the outer engine, streamed into an engine of a throw-away host. */
function load(engine: NestedEngine, names: readonly string[], directory: string): Promise<void> {
  const command =
    'set -o pipefail; docker save "${@:4}" | ' +
    'docker run --rm --interactive --privileged --network none --volume "$1:$2" --tmpfs /run "$NODE_IMAGE" load-seed "$3"'
  const env = { ...process.env, ...dockerEnvironment(), NODE_IMAGE: imageReference('node:bookworm') }
  return new Promise((resolve, reject) => {
    const argv = ['-c', command, 'bash', directory, DATA_DIRECTORY[engine], engine, ...names]
    const child = spawn('bash', argv, { stdio: ['ignore', 'pipe', 'pipe'], env })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else
        reject(
          raise('LAB_COMMAND_FAILED', {
            action: `load images into ${engine}`,
            command: 'docker load',
            exitCode: code ?? 128,
            output: tail(output),
          }),
        )
    })
  })
}
