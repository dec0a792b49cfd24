import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SYSTEM_PATH } from '../programs/index.ts'
import { raise } from './errors.ts'

/** A dnsmasq that runs. */
export type Dnsmasq = Readonly<{
  /** Settles when it ends though nobody stopped it. */
  ended: Promise<Error>
  /** Has it read the file of hosts again, and waits until it has. */
  readHosts(): Promise<void>
  /** Gives what it writes from now on, or the first of it; undefined where its log began again meanwhile. */
  listen(): () => string | undefined
  stop(): Promise<void>
}>

const START_MS = 15_000
const STOP_MS = 3_000
const LOOK_MS = 20
/** A longer log is kept as the log before it, and begins again. */
const MOST_LOG_BYTES = 16 * 1024 * 1024
const LAST_LINES = 5
const MOST_READ_BYTES = 1024 * 1024

/** What dnsmasq says when everything is open and read. */
const READY = /dnsmasq-tftp\[\d+\]: TFTP root is/
const PORT_TAKEN = /failed to (bind|create listening socket|create)[^\n]*Address already in use/

/**
 * Starts dnsmasq with the configuration in `directory`, which is only that of one at a time: who runs with it already is ended.
 * Resolves when it answers. Throws NETBOOT_DNSMASQ_MISSING, NETBOOT_PORT_TAKEN, NETBOOT_START.
 */
export async function startDnsmasq(directory: string, networkInterface: string): Promise<Dnsmasq> {
  const inside = (name: string): string => join(directory, name)
  const log = inside('dnsmasq.log')
  await endEarlier(inside('dnsmasq.conf'))
  const words = openSync(log, 'a')
  shorten(log)
  const from = statSync(log).size
  // Its own words go to the file and not through this process: they go on where this process is killed.
  const child = spawn(
    'dnsmasq',
    ['--keep-in-foreground', `--conf-file=${inside('dnsmasq.conf')}`, '--pid-file='],
    {
      stdio: ['ignore', words, words],
      env: { PATH: process.env['PATH'] ?? SYSTEM_PATH, LANG: 'C' },
    },
  )
  closeSync(words)
  let state: string | undefined
  let missing: Error | undefined
  let stopping = false
  const said = (start = from): string => readFrom(log, start)
  child.once('error', (error) => {
    missing = error
    state = error.message
  })
  child.once('exit', (code, signal) => {
    state = code === null ? `signal ${signal}` : `exit code ${code}`
  })
  if (child.pid !== undefined) writeFileSync(inside('pid'), `${child.pid}\n`)

  const stop = async (): Promise<void> => {
    stopping = true
    await endChild(child, () => state !== undefined)
    rmSync(inside('pid'), { force: true })
  }
  const ended = new Promise<Error>((resolve) => {
    const tell = (): void => {
      if (!stopping) resolve(raise('NETBOOT_ENDED', { state: state ?? '?', output: lastLines(said()), log }))
    }
    child.once('error', tell)
    child.once('exit', tell)
  })

  const until = async (holds: () => boolean): Promise<boolean> => {
    for (const began = performance.now(); performance.now() - began < START_MS; await sleep(LOOK_MS)) {
      if (holds()) return true
      if (state !== undefined) return false
    }
    return false
  }
  if (!(await until(() => READY.test(said())))) {
    const problem = state === undefined ? 'does not answer' : `ended with ${state}`
    const output = lastLines(said())
    await stop()
    if (missing !== undefined) throw raise('NETBOOT_DNSMASQ_MISSING', { why: missing.message }, missing)
    if (PORT_TAKEN.test(output)) throw raise('NETBOOT_PORT_TAKEN', { interface: networkInterface, output })
    throw raise('NETBOOT_START', { interface: networkInterface, state: problem, output, log })
  }
  return {
    ended,
    async readHosts() {
      shorten(log)
      const start = statSync(log).size
      child.kill('SIGHUP')
      if (await until(() => said(start).includes(`: read ${inside('hosts')}`))) return
      const problem = state === undefined ? 'does not read its hosts again' : `ended with ${state}`
      throw raise('NETBOOT_START', {
        interface: networkInterface,
        state: problem,
        output: lastLines(said(start)),
        log,
      })
    },
    listen() {
      const start = statSync(log).size
      return () => (statSync(log).size < start ? undefined : said(start))
    },
    stop,
  }
}

async function endChild(child: ChildProcess, isOver: () => boolean): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (isOver()) return
    child.kill(signal)
    for (let waited = 0; waited < STOP_MS && !isOver(); waited += LOOK_MS) await sleep(LOOK_MS)
  }
}

/**
 * Ends each dnsmasq that a process of ours left when it was killed. It is known by its configuration and its network: a file with its pid
 * would be missing where we were killed before it was written.
 */
async function endEarlier(configuration: string): Promise<void> {
  const network = networkOf('self')
  const left = (): readonly number[] =>
    readdirSync('/proc')
      .map(Number)
      .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
      .filter((pid) => commandOf(pid).includes(`--conf-file=${configuration}`) && networkOf(pid) === network)
  for (let waited = 0; waited < STOP_MS; waited += LOOK_MS) {
    const pids = left()
    if (pids.length === 0) return
    for (const pid of pids) endIfThere(pid)
    await sleep(LOOK_MS)
  }
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}

function networkOf(pid: number | 'self'): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`)
  } catch {
    return undefined
  }
}

/** One that has ended, and that nobody waited for, has none. */
function commandOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
  } catch {
    return []
  }
}

/** The file stays the same one: dnsmasq appends to it. */
function shorten(log: string): void {
  if (statSync(log).size <= MOST_LOG_BYTES) return
  copyFileSync(log, `${log}.1`)
  truncateSync(log)
}

function readFrom(path: string, start: number): string {
  const file = openSync(path, 'r')
  try {
    const bytes = Buffer.alloc(Math.min(Math.max(fstatSync(file).size - start, 0), MOST_READ_BYTES))
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, bytes.length, start))
  } finally {
    closeSync(file)
  }
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-LAST_LINES).join('; ')
}
