import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  rmdirSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { raise } from './errors.ts'
import { alive, withLock } from './lock.ts'
import { REPOSITORY, labPath } from './paths.ts'
import { machineLoad } from './machine-load.ts'
import { run, must } from './run.ts'
import { Silence } from './silence.ts'
import type { RunOptions, RunResult } from './run.ts'

/**
 * The outer engine: a dockerd of the test bed's own, beside whatever engine the machine has. It makes no bridge and
 * no firewall rule. Hosts are its containers, images are built by it.
 */
const RUNTIME = join(REPOSITORY, 'lab/images/node/runc-caps')

export function engineSocket(): string {
  return labPath('engine/docker.sock')
}

export function dockerEnvironment(): Record<string, string> {
  return {
    DOCKER_HOST: `unix://${engineSocket()}`,
    // Whoever runs this may have credential helpers and contexts: none of them is wanted here.
    DOCKER_CONFIG: labPath('engine/config'),
    // The builder that every engine's API has; newer clients would look for a plugin.
    DOCKER_BUILDKIT: '0',
  }
}

/** `docker …` against the outer engine. */
export function docker(argv: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  return run(['docker', ...argv], { ...options, env: { ...dockerEnvironment(), ...options.env } })
}

export function mustDocker(
  action: string,
  argv: readonly string[],
  options: RunOptions = {},
): Promise<string> {
  return must(action, ['docker', ...argv], { ...options, env: { ...dockerEnvironment(), ...options.env } })
}

export function enginePid(): number | undefined {
  try {
    const pid = Number(readFileSync(labPath('engine/dockerd.pid'), 'utf8'))
    return pid > 0 && alive(pid) ? pid : undefined
  } catch {
    return undefined
  }
}

/** Starts the outer engine unless it runs already. Other processes of the machine may use it at the same time. */
export async function startEngine(): Promise<void> {
  mkdirSync(labPath('engine/config'), { recursive: true })
  await withLock(labPath('engine.lock'), async () => {
    const log = labPath('engine/dockerd.log')
    if (enginePid() !== undefined)
      return untilItAnswers(log, () => (enginePid() === undefined ? 'it ended' : undefined))
    const output = openSync(log, 'a')
    const daemon = spawn(
      'dockerd',
      [
        `--host=unix://${labPath('engine/docker.sock')}`,
        `--pidfile=${labPath('engine/dockerd.pid')}`,
        `--data-root=${labPath('engine/data')}`,
        `--exec-root=${labPath('engine/exec')}`,
        '--storage-driver=overlay2',
        '--iptables=false',
        '--ip6tables=false',
        '--bridge=none',
        `--add-runtime=caps=${RUNTIME}`,
        '--default-runtime=caps',
      ],
      {
        detached: true,
        stdio: ['ignore', output, output],
        env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
      },
    )
    let ended: string | undefined
    daemon.on('error', (error) => (ended = error.message))
    daemon.on('exit', (code) => (ended = `dockerd exited with ${code ?? 'a signal'}`))
    daemon.unref()
    await untilItAnswers(log, () => ended)
  })
}

/** On a busy machine an engine that runs may take long to answer: only one that has ended, or is silent, has failed. */
async function untilItAnswers(log: string, ended: () => string | undefined): Promise<void> {
  const silence = new Silence(30_000)
  for (;;) {
    if (existsSync(labPath('engine/docker.sock')) && (await answers())) return
    const state = ended()
    if (state !== undefined) throw raise('LAB_ENGINE_START', { state, log })
    if (silence.over(existsSync(log) ? String(statSync(log).size) : ''))
      throw raise('LAB_ENGINE_START', { state: `it does not answer after ${silence.seconds} s`, log })
    await sleep(100)
  }
}

async function answers(): Promise<boolean> {
  const asked = ['version', '--format', '{{.Server.Version}}']
  return (await docker(asked, { timeoutMs: 10_000 * machineLoad() })).exitCode === 0
}

/**
 * Ends the outer engine with everything in it: containers, mounts, control groups. Images stay on disk.
 * What it did not start it does not touch.
 */
export async function stopEngine(): Promise<void> {
  const pid = enginePid()
  if (pid !== undefined) {
    const containers = (await docker(['ps', '-aq', '--no-trunc'])).stdout.split('\n').filter(Boolean)
    if (containers.length > 0) await docker(['rm', '--force', '--volumes', ...containers])
    sweepContainerCgroups(containers)
    process.kill(pid, 'SIGTERM')
    for (let waited = 0; alive(pid) && !zombie(pid); waited += 50) {
      if (waited > 20_000) process.kill(pid, 'SIGKILL')
      await sleep(50)
    }
  }
  await unmountBelow(labPath())
  rmSync(labPath('engine/docker.sock'), { force: true })
  for (const hierarchy of hierarchies()) removeEmpty(join(hierarchy, 'docker'))
}

/** Lazily unmounts every mount point below `directory`, deepest first. */
export async function unmountBelow(directory: string): Promise<void> {
  const points = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => (line.split(' ')[4] ?? '').replaceAll('\\040', ' '))
    .filter((point) => point.startsWith(`${directory}/`))
    .sort((a, b) => b.length - a.length)
  for (const point of points) await run(['umount', '--lazy', point])
}

/** Every mounted hierarchy: cgroup v2, or v1's controllers. */
export function hierarchies(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(' ')[4] ?? '')
}

/** An engine that was killed leaves its containers' control groups behind: removes those of these ids, if empty. */
export function sweepContainerCgroups(ids: readonly string[]): void {
  for (const hierarchy of hierarchies()) {
    for (const id of ids) removeTree(join(hierarchy, 'docker', id))
  }
}

/**
 * rmdir from the leaves up. A group with a process in it stays: the kernel refuses to remove it. One that is younger
 * than `minimumAgeMs` stays too: somebody may be about to put a process into it.
 */
export function removeTree(directory: string, minimumAgeMs = 0): void {
  try {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      if (entry.isDirectory()) removeTree(join(directory, entry.name), minimumAgeMs)
    }
    if (Date.now() - statSync(directory).mtimeMs >= minimumAgeMs) rmdirSync(directory)
  } catch {
    // In use, or gone already: a group that somebody has removed meanwhile is as good.
  }
}

function removeEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch {
    // Busy or absent: not ours to force.
  }
}

function zombie(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}
