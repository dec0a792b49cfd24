import { createHash } from 'node:crypto'
import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { V2_INIT, machineIsV2 } from './cgroup-v2.ts'
import { dockerEnvironment } from './engine.ts'
import { raise } from './errors.ts'
import { DEFAULT_SUITE, nodeImage } from './host-arguments.ts'
import type { Suite } from './host-arguments.ts'
import { imageReference } from './image-recipe.ts'
import type { BuiltImage } from './images.ts'
import { withLock } from './lock.ts'
import { labPath } from './paths.ts'
import { must, say, tail } from './run.ts'

const LAYERS = 'storage/overlay'

/**
 * Makes `target` the data directory of a Podman that holds `images`. Its format is not Docker's, so the images are
 * loaded once for each set, in a throw-away host of the same suite (newer Podmans keep it otherwise), and kept; a host gets hard links to the layers and copies of the rest.
 */
export async function seedPodman(images: readonly BuiltImage[], target: string, suite: Suite): Promise<void> {
  const seed = await ensureSeed(images, suite)
  mkdirSync(join(target, LAYERS), { recursive: true })
  const script = `tar --create --exclude "./${LAYERS}" --directory "$1" . | tar --extract --directory "$2"
    cp --archive --link "$1/${LAYERS}/." "$2/${LAYERS}"`
  await must('copy the images for podman', ['bash', '-euo', 'pipefail', '-c', script, 'bash', seed, target])
}

async function ensureSeed(images: readonly BuiltImage[], suite: Suite): Promise<string> {
  const loader = suite === DEFAULT_SUITE ? [] : [suite]
  const names = [...loader, ...images.map((image) => image.reference)].join('\n')
  const contents = [...loader, ...images.map((image) => image.id)].join('\n')
  const seed = labPath('seeds', createHash('sha256').update(contents).digest('hex').slice(0, 16))
  return withLock(`${seed}.lock`, async () => {
    if (existsSync(seed)) return seed
    say(`loading ${images.length} images into podman (once for this set)`)
    const started = performance.now()
    const work = `${seed}.new`
    rmSync(work, { recursive: true, force: true })
    mkdirSync(work, { recursive: true })
    await load(
      suite,
      images.map((image) => image.reference),
      work,
    )
    removeOlder(names)
    writeFileSync(join(work, '.images'), names)
    renameSync(work, seed)
    say(`loaded in ${((performance.now() - started) / 1000).toFixed(1)} s`)
    return seed
  })
}

/** Earlier contents of the same names are of no more use. */
function removeOlder(names: string): void {
  for (const other of readdirSync(labPath('seeds'))) {
    const list = labPath('seeds', other, '.images')
    if (existsSync(list) && readFileSync(list, 'utf8') === names) {
      rmSync(labPath('seeds', other), { recursive: true, force: true })
    }
  }
}

/** `docker save` of the outer engine, streamed into the podman of a throw-away host. */
function load(suite: Suite, references: readonly string[], directory: string): Promise<void> {
  // Podman 6 and newer start on cgroup v2 alone.
  const enter = machineIsV2() ? '' : V2_INIT.map((word) => `'${word}'`).join(' ')
  const script = `docker save "\${@:3}" |
    docker run --rm --interactive --privileged --network none --volume "$2:/var/lib/containers" --tmpfs /run "$1" ${enter} podman load`
  const argv = [
    '-euo',
    'pipefail',
    '-c',
    script,
    'bash',
    imageReference(nodeImage({ suite })),
    directory,
    ...references,
  ]
  return new Promise((resolve, reject) => {
    const child = spawn('bash', argv, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...dockerEnvironment() },
    })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve()
      else
        reject(
          raise('LAB_COMMAND_FAILED', {
            action: 'load images into podman',
            command: 'podman load',
            exitCode: code ?? 128,
            output: tail(output),
          }),
        )
    })
  })
}
