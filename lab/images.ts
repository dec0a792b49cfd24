import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { docker, dockerEnvironment, mustDocker, startEngine } from './engine.ts'
import { raise } from './errors.ts'
import { Slots } from './slots.ts'
import { INPUTS_LABEL, LABELS_FILE, imageReference, inputsHash, parseLabels, recipe } from './image-recipe.ts'
import type { ImageRecipe } from './image-recipe.ts'
import { withLock } from './lock.ts'
import { ensurePackages } from './packages.ts'
import { REPOSITORY, labPath } from './paths.ts'
import { say, tail } from './run.ts'

export type BuiltImage = Readonly<{
  reference: string
  /** `sha256:…` of the image's config. */
  id: string
  labels: Readonly<Record<string, string>>
  /** Milliseconds that building took; 0 where nothing had to be built. */
  builtInMs: number
}>

const BASE = 'base:bookworm'

/** How many images are built at once: apt unpacks on one core each. */
const PARALLEL = 2

/**
 * The images of these names in the outer engine, built where they are missing or where their inputs changed.
 * Names are those of images/images.json and lab/images/images.json.
 */
export async function ensureImages(names: readonly string[]): Promise<readonly BuiltImage[]> {
  await ensurePackages()
  await startEngine()
  const wanted = names.map((name) => recipe(name))
  return withLock(labPath('images.lock'), async () => {
    const slots = new Slots(PARALLEL)
    const started = new Map<string, Promise<Ensured>>()
    const ensure = (target: ImageRecipe): Promise<Ensured> => {
      const running = started.get(target.name) ?? ensureWithBase(target)
      started.set(target.name, running)
      return running
    }
    const ensureWithBase = async (target: ImageRecipe): Promise<Ensured> => {
      const base = target.make === undefined ? await ensure(recipe(target.base ?? BASE)) : undefined
      const inputs = inputsHash(target, base?.inputs ?? '')
      return { ...(await slots.run(() => ensureImage(target, inputs))), inputs }
    }
    // What others are built on goes first: those would wait for it.
    const bases = new Set(wanted.map((target) => target.base))
    const first = wanted.filter((target) => bases.has(target.name))
    await Promise.all([...first, ...wanted].map((target) => ensure(target)))
    return Promise.all(wanted.map((target) => ensure(target)))
  })
}

type Ensured = BuiltImage & Readonly<{ inputs: string }>

async function ensureImage(target: ImageRecipe, inputs: string): Promise<BuiltImage> {
  const reference = imageReference(target.name)
  const present = await inspect(reference)
  if (present !== undefined && present.labels[INPUTS_LABEL] === inputs) return { ...present, builtInMs: 0 }
  const started = performance.now()
  say(`building ${target.name} (${target.about})`)
  const staged = target.make === undefined ? await build(target) : await makeBase(target.make)
  // A label is only true when it is read from what is in the image: so it is added afterwards, as an empty layer.
  const output = await docker([
    'run',
    '--rm',
    '--network',
    'none',
    '--entrypoint',
    '/bin/sh',
    staged,
    '-c',
    `cat ${LABELS_FILE} 2>/dev/null || :`,
  ])
  const labels = { ...parseLabels(output.stdout), [INPUTS_LABEL]: inputs }
  const text = `FROM ${staged}\n${Object.entries(labels)
    .map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`)
    .join('\n')}\n`
  await mustDocker(`label image ${target.name}`, ['build', '--quiet', '--tag', reference, '-'], {
    input: text,
  })
  const built = await inspect(reference)
  if (built === undefined)
    throw raise('LAB_COMMAND_FAILED', {
      action: `find image ${target.name}`,
      command: 'docker inspect',
      exitCode: 1,
      output: '',
    })
  const builtInMs = performance.now() - started
  say(`built ${target.name} in ${(builtInMs / 1000).toFixed(1)} s`)
  return { ...built, builtInMs }
}

async function build(target: ImageRecipe): Promise<string> {
  const folder = join(REPOSITORY, target.folder ?? '')
  const staged = `${imageReference(target.name)}.staged`
  const buildArguments = Object.entries(target.arguments ?? {}).flatMap(([name, value]) => [
    '--build-arg',
    `${name}=${value}`,
  ])
  await mustDocker(`build image ${target.name}`, [
    'build',
    '--network',
    'host',
    '--force-rm',
    ...buildArguments,
    '--tag',
    staged,
    folder,
  ])
  return staged
}

/** Streams the root tar of the script into the engine: it never lies on disk. */
function makeBase(script: string): Promise<string> {
  const reference = imageReference(BASE)
  const env = {
    ...process.env,
    ...dockerEnvironment(),
    SCRIPT: join(REPOSITORY, script),
    REFERENCE: reference,
  }
  return new Promise((resolve, reject) => {
    const command = 'set -o pipefail; "$SCRIPT" | docker import --change \'CMD ["/bin/sh"]\' - "$REFERENCE"'
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'], env })
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.on('error', reject)
    child.on('close', (code) => {
      if (code === 0) resolve(reference)
      else
        reject(
          raise('LAB_COMMAND_FAILED', {
            action: 'make the base image',
            command: script,
            exitCode: code ?? 128,
            output: tail(output),
          }),
        )
    })
  })
}

async function inspect(reference: string): Promise<Omit<BuiltImage, 'builtInMs'> | undefined> {
  const result = await docker(['image', 'inspect', '--format', '{{.Id}} {{json .Config.Labels}}', reference])
  if (result.exitCode !== 0) return undefined
  const [id = '', ...rest] = result.stdout.trim().split(' ')
  const labels = (JSON.parse(rest.join(' ')) ?? {}) as Readonly<Record<string, string>>
  return { reference, id, labels }
}
