import { spawn } from 'node:child_process'
import { mkdirSync, openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { tail } from '../run.ts'
import { raise } from './errors.ts'
import { onGround } from './suite-tree.ts'
import type { Ground } from './suite-tree.ts'

/** A long-running program of a lab, in the lab's namespace and a process group of its own. */
export type Service = Readonly<{
  name: string
  argv: readonly string[]
  env?: Readonly<Record<string, string>>
  /** `suite`: a program of OpenStack, which runs in the tree of the lab's suite where it has one; else the machine's. */
  ground?: 'suite'
  /** Whether it does its work: asked again and again until it is true. */
  ready: () => Promise<boolean>
}>

/** Where a lab's services live. */
export type ServiceHome = Readonly<{ directory: string; namespace: string; ground: Ground }>

const READY_MS = 240_000
const STOP_MS = 4_000

/** What every program of a lab gets: nothing of the caller's proxies, credentials and languages. */
export function cleanEnvironment(home: ServiceHome): Record<string, string> {
  return {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: home.directory,
    LANG: 'C.UTF-8',
    TMPDIR: join(home.directory, 'tmp'),
  }
}

function serviceLog(home: ServiceHome, name: string): string {
  return join(home.directory, 'log', `${name}.out`)
}

/** Starts a service and waits until it is ready. Throws LAB_SERVICE_START, or the signal's reason. */
export async function startService(home: ServiceHome, service: Service, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  const began = performance.now()
  const log = serviceLog(home, service.name)
  mkdirSync(dirname(log), { recursive: true })
  mkdirSync(join(home.directory, 'pids'), { recursive: true })
  const output = openSync(log, 'a')
  const argv =
    service.ground === undefined ? service.argv : onGround(home.ground, service.argv, [home.directory])
  const child = spawn('ip', ['netns', 'exec', home.namespace, ...argv], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...cleanEnvironment(home), ...service.env },
    cwd: home.directory,
  })
  closeSync(output)
  let ended: string | undefined
  child.on('error', (error) => (ended = error.message))
  child.on('exit', (code, killed) => (ended = `it exited with ${code ?? killed}`))
  child.unref()
  if (child.pid !== undefined) {
    writeFileSync(pidFile(home, service.name), `${child.pid} ${startTime(child.pid) ?? ''}\n`)
  }
  for (;;) {
    if (ended === undefined && (await service.ready())) return
    signal?.throwIfAborted()
    const late = performance.now() - began > READY_MS
    if (ended !== undefined || late) {
      const state = ended ?? `it does not answer after ${READY_MS / 1000} s`
      throw raise('LAB_SERVICE_START', {
        service: service.name,
        state,
        log,
        output: tail(readFileSync(log, 'utf8')),
      })
    }
    await sleep(100)
  }
}

/** Pid of a running service; a pid that another program has got meanwhile is none. */
export function servicePid(home: ServiceHome, name: string): number | undefined {
  try {
    const [pid = '', started = ''] = readFileSync(pidFile(home, name), 'utf8').trim().split(' ')
    return started !== '' && startTime(Number(pid)) === started ? Number(pid) : undefined
  } catch {
    return undefined
  }
}

/**
 * Ends a service with all its children, and waits. `abruptly`: as a power cut would, otherwise it is asked first and
 * killed when it takes too long: Ironic's conductor would stay for a minute, with its port and its locks on nodes.
 */
export async function stopService(
  home: ServiceHome,
  name: string,
  manner: 'orderly' | 'abruptly' = 'orderly',
): Promise<void> {
  const pid = servicePid(home, name)
  rmSync(pidFile(home, name), { force: true })
  if (pid === undefined) return
  if (manner === 'orderly') {
    signalGroup(pid, 'SIGTERM')
    for (let waited = 0; waited < STOP_MS && groupLives(pid); waited += 50) await sleep(50)
  }
  signalGroup(pid, 'SIGKILL')
  for (let waited = 0; waited < STOP_MS && groupLives(pid); waited += 20) await sleep(20)
}

/** Field 22 of /proc/PID/stat; with the pid it identifies a process. Undefined where there is none, or a zombie. */
export function startTime(pid: number): string | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    return undefined
  }
}

function pidFile(home: ServiceHome, name: string): string {
  return join(home.directory, 'pids', name)
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // Gone already.
  }
}

function groupLives(leader: number): boolean {
  try {
    process.kill(-leader, 0)
    // Zombies answer, too: where the leader is one, its children have ended or are about to be killed.
    return startTime(leader) !== undefined
  } catch {
    return false
  }
}
