/**
 * A thread that executes one target: either a given input, once, or new ones without end. It reports; whoever started it
 * counts, watches and ends it.
 */
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import { Coverage } from './coverage.ts'
import { described, execute } from './execute.ts'
import { MutableImage, loadBase } from './image.ts'
import type { Base } from './image.ts'
import type { Failure, Input } from './input.ts'
import { loadTarget } from './load-target.ts'
import { Mailbox } from './mailbox.ts'
import { applyMutation, drawMutation } from './mutate.ts'
import type { Terrain } from './mutate.ts'
import { Random } from './random.ts'
import type { FuzzTarget } from '../target.ts'

export type WorkerData = Readonly<{
  file: string
  mailbox: SharedArrayBuffer
  /** Run this one and end. */
  only?: Input
  /** For the inputs to come. */
  randomSeed: number
}>

export type Report =
  | Readonly<{ kind: 'progress'; executions: number; blocks: number; corpus: number }>
  | Readonly<{ kind: 'failure'; failure: Omit<Failure, 'target'> }>
  | Readonly<{ kind: 'passed' }>

const BATCH = 100
/**
 * By turns: batches in which it is looked at what they reach, so that what reaches something new is changed further; and
 * batches that change what was found and are only executed, some ten times as fast.
 */
const SCOUTED_BATCHES = 20
const PLAIN_BATCHES = 200
const MOST_MUTATIONS = 24
/** Of executions that start from a seed, not from something that was found. */
const FRESH = 0.3

const { file, mailbox: shared, only, randomSeed } = workerData as WorkerData
const mailbox = new Mailbox(shared)
const report = (message: Report): void => parentPort?.postMessage(message, [])

/** A promise that nobody waited for: it is seen only when the thread comes to rest. */
let stray: unknown
process.on('unhandledRejection', (error) => {
  stray = error
})

const target = await loadTarget(file)
const seeds = await target.seeds()
const bases: Base[] = []
for (const seed of seeds) bases.push(await loadBase(seed))
if (only === undefined) await explore(target, bases)
else await runOnly(target, bases, only)

async function runOnly(one: FuzzTarget, all: readonly Base[], input: Input): Promise<void> {
  const failed = await attempt(one, all, input)
  await setImmediate()
  const failure = failed ?? (stray === undefined ? undefined : described(stray))
  report(failure === undefined ? { kind: 'passed' } : { kind: 'failure', failure: { input, ...failure } })
}

async function attempt(
  one: FuzzTarget,
  all: readonly Base[],
  input: Input,
): Promise<Omit<Failure, 'target' | 'input'> | undefined> {
  const base = all[input.seed]
  if (base === undefined) throw new Error(`there is no seed ${input.seed}`)
  mailbox.begin(input)
  const failure = await execute(one, base, input)
  mailbox.rest()
  return failure
}

async function explore(one: FuzzTarget, all: readonly Base[]): Promise<void> {
  const coverage = new Coverage(
    (url) => /\/src\/(?:formats|bytes|core|image\/(?!testing))/.test(url) || url.endsWith(file),
  )
  const terrains = await survey(one, all)
  const random = new Random(randomSeed)
  const corpus: Input[] = all.map((_, seed) => ({ seed, mutations: [], repaired: false }))
  let executions = 0
  const failed = (input: Input, failure: Omit<Failure, 'target' | 'input'>): void =>
    report({ kind: 'failure', failure: { input, ...failure } })

  // The seeds themselves first: what they reach is nothing new later on.
  for (const input of corpus) {
    const failure = await attempt(one, all, input)
    if (failure !== undefined) failed(input, failure)
  }
  coverage.takeNew()
  for (let turn = 0; ; turn += 1) {
    const place = turn % (SCOUTED_BATCHES + PLAIN_BATCHES)
    if (place === 0) coverage.resume()
    if (place === SCOUTED_BATCHES) coverage.pause()
    const batch: Input[] = []
    for (let index = 0; index < BATCH; index += 1) {
      const input = drawInput(random, corpus, all, terrains)
      batch.push(input)
      const failure = await attempt(one, all, input)
      if (failure !== undefined) failed(input, failure)
      executions += 1
    }
    await setImmediate()
    const isNew = coverage.takeNew() > 0
    if (isNew || stray !== undefined) await sift(batch)
    report({ kind: 'progress', executions, blocks: coverage.blocks, corpus: corpus.length })
    executions = 0
  }

  /** Which of a batch reached something that no batch before it had, or left a promise behind. */
  async function sift(batch: readonly Input[]): Promise<void> {
    stray = undefined
    coverage.forgetLast()
    for (const input of batch) {
      await attempt(one, all, input)
      await setImmediate()
      if (stray !== undefined) failed(input, described(stray))
      stray = undefined
      if (coverage.takeNew() > 0 && input.mutations.length <= MOST_MUTATIONS) corpus.push(input)
    }
  }
}

/** Where each seed is read when it is whole. */
async function survey(one: FuzzTarget, all: readonly Base[]): Promise<readonly Terrain[]> {
  const terrains: Terrain[] = []
  for (const [index, base] of all.entries()) {
    const image = new MutableImage(base)
    image.reads = []
    mailbox.begin({ seed: index, mutations: [], repaired: false })
    await one.exercise(image).catch(() => undefined)
    mailbox.rest()
    const seed = seeds[index]
    const fields = seed === undefined ? [] : ((await one.fields?.(seed)) ?? [])
    terrains.push({ fields, reads: image.reads.filter(({ length }) => length > 0) })
  }
  return terrains
}

function drawInput(
  random: Random,
  corpus: readonly Input[],
  all: readonly Base[],
  terrains: readonly Terrain[],
): Input {
  const seed = random.below(all.length)
  const parent = (random.chance(FRESH) ? undefined : random.pick(corpus)) ?? {
    seed,
    mutations: [],
    repaired: true,
  }
  const base = all[parent.seed]
  const terrain = terrains[parent.seed]
  if (base === undefined || terrain === undefined) throw new Error(`there is no seed ${parent.seed}`)
  const image = new MutableImage(base)
  for (const mutation of parent.mutations) applyMutation(image, mutation)
  const mutations = [...parent.mutations]
  const count = 1 + (random.chance(0.5) ? 0 : random.below(4))
  for (let index = 0; index < count; index += 1) {
    const mutation = drawMutation(random, image, terrain)
    applyMutation(image, mutation)
    mutations.push(mutation)
  }
  return { seed: parent.seed, mutations, repaired: !random.chance(0.1) }
}
