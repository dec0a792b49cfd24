import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFolder } from '../folders/index.ts'

import { engineApi, raise } from '../containers/index.ts'
import type { EngineApi, EngineRequest } from '../containers/index.ts'
import { podmanCommand } from './options.ts'
import type { PodmanOptions } from './options.ts'

/**
 * INVARIANTS:
 * - At most one service of this Anneal runs, beside one that is leaving; concurrent callers share its start.
 * - A service outlives Anneal by IDLE_S at most, whatever ends Anneal: it leaves by itself when nobody asks.
 * - A request under way is finished: no signal to Anneal's process group reaches the service, and an Anneal that ends
 *   takes the service with it only when nothing is under way.
 */
export type PodmanService = Readonly<{
  /** The API of the running service; starts it where it does not run (any more). */
  api: () => Promise<EngineApi>
  /** Ends the service. It starts again when it is asked something. */
  close: () => Promise<void>
}>

/** Seconds without a request after which Podman's service leaves. A request under way, an exec too, counts as one. */
const IDLE_S = 10
/** While Anneal lives it asks for a sign of life this often: an upgrade must not meet a service that is just leaving. */
const HEARTBEAT_MS = 4000
/** A service that ends is told at once: this bounds one that hangs, and a busy node needs long. */
const START_TIMEOUT_MS = 120_000
const POLL_MS = 5

type Running = Readonly<{ child: ChildProcess; api: EngineApi; files: readonly string[] }>

export function podmanService(options: PodmanOptions): PodmanService {
  const runDir = options.runDir ?? '/run/anneal'
  let current: Promise<Running> | undefined
  let underWay = 0
  const counted = async <T>(request: Promise<T>): Promise<T> => {
    underWay += 1
    try {
      return await request
    } finally {
      underWay -= 1
    }
  }

  const start = async (): Promise<Running> => {
    const started = startService(options, runDir)
    current = started
    const forget = () => {
      if (current === started) current = undefined
    }
    try {
      const running = await started
      const heartbeat = setInterval(() => {
        running.api.status({ method: 'GET', path: '/_ping' }).catch(() => {})
      }, HEARTBEAT_MS).unref()
      const leave = () => {
        if (underWay > 0) return
        running.child.kill('SIGTERM')
        for (const file of running.files) rmSync(file, { force: true })
      }
      process.once('exit', leave)
      running.child.once('exit', () => {
        clearInterval(heartbeat)
        process.off('exit', leave)
        forget()
        for (const file of running.files) rmSync(file, { force: true })
      })
      return running
    } catch (error) {
      forget()
      throw error
    }
  }

  /**
   * The service leaves where a busy machine lets no sign of life through for IDLE_S, and removes its socket before it ends. A request that
   * found no socket never arrived: the next service gets it.
   */
  const untilReached = async <T>(
    { file }: EngineRequest,
    ask: (api: EngineApi) => Promise<T>,
  ): Promise<T> => {
    const asked = current ?? start()
    try {
      return await ask((await asked).api)
    } catch (error) {
      const canBeSentAgain = file === undefined || Buffer.isBuffer(file)
      if (!canBeSentAgain || !neverArrived(error)) throw error
      if (current === asked) current = undefined
      return ask((await (current ?? start())).api)
    }
  }

  return {
    async api() {
      const { api } = await (current ?? start())
      return {
        ...api,
        json: (request) => counted(untilReached(request, (one) => one.json(request))),
        status: (request) => counted(untilReached(request, (one) => one.status(request))),
        stream: (request) => untilReached(request, (one) => one.stream(request)),
        hijack: (request) => untilReached(request, (one) => one.hijack(request)),
      }
    },
    async close() {
      const running = await current?.catch(() => undefined)
      if (running === undefined || running.child.exitCode !== null || running.child.signalCode !== null)
        return
      const gone = new Promise((resolve) => running.child.once('exit', resolve))
      running.child.ref()
      running.child.kill('SIGTERM')
      await gone
    },
  }
}

async function startService(options: PodmanOptions, runDir: string): Promise<Running> {
  const { binary, flags, env } = await podmanCommand(options)
  if (process.getuid?.() !== 0) {
    throw unreachable(
      binary,
      'this user is not root',
      "run Anneal as root: a compute node's containers are rootful",
    )
  }
  await makeFolder(runDir, { mode: 0o700 })
  await sweep(runDir)
  const base = join(runDir, `podman-${process.pid}-${randomBytes(4).toString('hex')}`)
  const socketPath = `${base}.sock`
  const log = `${base}.log`
  const files = [socketPath, log]
  // A file and no pipe: a service that outlives Anneal must not die of writing to it.
  const output = openSync(log, 'w', 0o600)
  const child = spawn(binary, [...flags, 'system', 'service', `--time=${IDLE_S}`, `unix://${socketPath}`], {
    detached: true,
    stdio: ['ignore', output, output],
    env,
  })
  closeSync(output)
  child.unref()
  let failure: NodeJS.ErrnoException | undefined
  child.once('error', (error) => (failure = error))
  const deadline = performance.now() + START_TIMEOUT_MS
  while (!(await accepts(socketPath))) {
    const state = failedStart(child, failure, log)
    if (state !== undefined || performance.now() > deadline) {
      child.kill('SIGKILL')
      for (const file of files) rmSync(file, { force: true })
      throw startError(binary, state ?? `its service did not listen within ${START_TIMEOUT_MS} ms`, failure)
    }
    await delay(POLL_MS)
  }
  return { child, api: engineApi(socketPath, (cause) => wentAway(socketPath, cause)), files }
}

/** Why it cannot come up any more, in Podman's own last words; undefined while it still may. */
function failedStart(
  child: ChildProcess,
  failure: NodeJS.ErrnoException | undefined,
  log: string,
): string | undefined {
  if (failure !== undefined) {
    return failure.code === 'ENOENT' ? 'there is no such program' : `it cannot be run (${failure.code})`
  }
  if (child.exitCode === null && child.signalCode === null) return undefined
  const said = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n').at(-1) : ''
  return `its service ended at once: ${said === '' || said === undefined ? `status ${child.exitCode ?? child.signalCode}` : said}`
}

function startError(binary: string, state: string, cause: unknown): Error {
  const advice =
    state === 'there is no such program'
      ? 'install it (`apt-get install podman`)'
      : 'run `podman info` as root and correct what it says'
  return unreachable(binary, state, advice, cause)
}

function wentAway(socketPath: string, cause: NodeJS.ErrnoException): Error {
  const state = `its service went away in the middle of the request (${cause.code})`
  return unreachable(socketPath, state, 'run this again; where it repeats, run `podman info` as root', cause)
}

function neverArrived(error: unknown): boolean {
  return error instanceof Error && (error.cause as NodeJS.ErrnoException | undefined)?.syscall === 'connect'
}

function unreachable(address: string, state: string, advice: string, cause?: unknown): Error {
  return raise('ENGINE_UNREACHABLE', { engine: 'Podman', address, state, advice }, cause)
}

function accepts(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(socketPath, () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** Files of services whose Anneal was killed. */
async function sweep(runDir: string): Promise<void> {
  for (const name of await readdir(runDir)) {
    const pid = /^podman-(\d+)-[0-9a-f]+\.(?:sock|log)$/.exec(name)?.[1]
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) await rm(join(runDir, name), { force: true })
  }
}
