import { execFileSync, spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request } from 'node:http'
import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

import { missingCapabilitiesHere } from '../../../src/adapters/containers/index.ts'
import { dockerEngine } from '../../../src/adapters/docker/index.ts'
import { podmanEngine } from '../../../src/adapters/podman/index.ts'
import type { EngineKind } from '../../../src/node/index.ts'
import type { ContainerSpec, Engine } from '../../../src/ports/index.ts'

/** An engine of the test's own: nothing of the machine's engines is seen or touched. */
export type Bed = Readonly<{
  engine: Engine
  dir: string
  /** Cuts the engine off, as a dead daemon or a missing program would. */
  unreachable: Engine
  /** The runtime whose name the engine was told; the program behind it is runc. */
  runtimeName: string
  /** Whether limits of processes reach the container. */
  setsUlimits: boolean
  /** Whether this host lets an engine raise such limits. */
  raisesLimits: boolean
  /** Makes a container that wants a right of the kernel which this host lacks; who is to start it, and its id. */
  createDemanding: (spec: ContainerSpec) => Promise<Readonly<{ engine: Engine; id: string }>>
  close: () => Promise<void>
}>

/** The wrapper of runc that leaves out what this host may not grant, and limits of processes with it. */
const WRAPPER = fileURLToPath(new URL('../../../lab/images/node/runc-caps', import.meta.url))

/** Where the engine keeps images and containers, in its folder. */
const DATA = 'data'

/** Engines that upgrade a node: the contract is theirs. */
export type BedKind = Exclude<EngineKind, 'containerd'>

export const NEEDS: Readonly<Record<BedKind, readonly string[]>> = {
  docker: ['dockerd', 'containerd', 'runc', 'jq'],
  podman: ['podman', 'conmon', 'runc'],
}

/** Which of the programs are missing, said for people; undefined when nothing is. */
export function missing(programs: readonly string[]): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root'
  const absent = programs.filter((program) => find(program) === undefined)
  return absent.length === 0 ? undefined : `needs ${absent.join(', ')}`
}

function find(program: string): string | undefined {
  return `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`
    .split(':')
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path))
}

/** `diskMiB`: an engine whose data is on a disk of that size. */
export function openBed(
  kind: BedKind,
  options: Readonly<{ insecureRegistries: readonly string[]; diskMiB?: number }>,
): Promise<Bed> {
  const { insecureRegistries, diskMiB } = options
  const dir = mkdtempSync(join(tmpdir(), `anneal-${kind}-`))
  mkdirSync(join(dir, DATA))
  if (diskMiB !== undefined) {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMiB}m`, 'tmpfs', join(dir, DATA)])
  }
  return kind === 'docker' ? openDocker(dir) : openPodman(dir, insecureRegistries)
}

async function openDocker(dir: string): Promise<Bed> {
  const socketPath = join(dir, 'd.sock')
  const execRoot = join(dir, 'x')
  const wrapped = (await missingCapabilitiesHere()).length > 0
  // 127.0.0.0/8 is a registry without TLS for Docker by itself.
  const daemon = start(dir, 'dockerd', [
    `--host=unix://${socketPath}`,
    `--pidfile=${join(dir, 'd.pid')}`,
    `--data-root=${join(dir, DATA)}`,
    `--exec-root=${execRoot}`,
    '--iptables=false',
    '--ip6tables=false',
    '--bridge=none',
    '--storage-driver=overlay2',
    `--add-runtime=wrapped=${wrapped ? WRAPPER : find('runc')}`,
    '--default-runtime=wrapped',
  ])
  await listening(socketPath, daemon, join(dir, 'log'))
  const engine = dockerEngine({ socketPath, execRoot })
  return {
    engine,
    createDemanding: async (spec) => {
      // Stock runc hands a privileged container every capability; the wrapper leaves out what is missing here.
      const body = {
        Image: spec.image,
        Cmd: spec.command,
        HostConfig: { Privileged: true, NetworkMode: 'none', Runtime: 'runc' },
      }
      const { Id } = (await post(socketPath, `/containers/create?name=${spec.name}`, body)) as { Id: string }
      return { engine, id: Id }
    },
    unreachable: dockerEngine({ socketPath: join(dir, 'no.sock') }),
    runtimeName: 'wrapped',
    setsUlimits: !wrapped,
    raisesLimits: !wrapped,
    dir,
    close: async () => {
      await end(daemon)
      await erase(dir)
    },
  }
}

async function openPodman(dir: string, insecureRegistries: readonly string[]): Promise<Bed> {
  const config = join(dir, 'containers.conf')
  const registries = join(dir, 'registries.conf')
  const settings = (ulimits: string) => `[containers]
${ulimits}
[engine]
runtime = "wrapped"
cgroup_manager = "cgroupfs"
events_logger = "file"
[engine.runtimes]
wrapped = ["${find('runc')}"]
`
  // Podman's default ulimits are above what a host without CAP_SYS_RESOURCE may set.
  writeFileSync(config, settings('default_ulimits = []'))
  const demandingConfig = join(dir, 'demanding.conf')
  writeFileSync(demandingConfig, settings('default_ulimits = ["nofile=2000000000:2000000000"]'))
  writeFileSync(
    registries,
    insecureRegistries
      .map((location) => `[[registry]]\nlocation = "${location}"\ninsecure = true\n`)
      .join('\n'),
  )
  const storage = {
    root: join(dir, DATA),
    runroot: join(dir, 'run'),
    tmpdir: join(dir, 'tmp'),
    runDir: join(dir, 'service'),
  }
  const env = { CONTAINERS_CONF: config, CONTAINERS_REGISTRIES_CONF: registries }
  const engine = podmanEngine({ ...storage, env })
  const demanding = podmanEngine({ ...storage, env: { ...env, CONTAINERS_CONF: demandingConfig } })
  return {
    engine,
    createDemanding: async (spec) => ({ engine: demanding, id: await demanding.createContainer(spec) }),
    unreachable: podmanEngine({ ...storage, binary: join(dir, 'no-podman') }),
    runtimeName: 'wrapped',
    setsUlimits: true,
    raisesLimits: !(await missingCapabilitiesHere()).includes('CAP_SYS_RESOURCE'),
    dir,
    close: async () => {
      // One that shares another's namespace has to go before it: Podman tells of no order, so twice round.
      for (const lastRound of [false, true]) {
        for (const container of await engine.listContainers({})) {
          const removed = engine.removeContainer(container.id, { force: true })
          await (lastRound ? removed : removed.catch(() => {}))
        }
      }
      await engine.close()
      await demanding.close()
      await erase(dir)
    },
  }
}

/** Starts a program in a session of its own, its output to `dir`/log. */
export function start(dir: string, program: string, argv: readonly string[]): ChildProcess {
  mkdirSync(dir, { recursive: true })
  const output = openSync(join(dir, 'log'), 'a')
  const env = { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` }
  return spawn(program, argv, { stdio: ['ignore', output, output], detached: true, env })
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await gone
}

export async function listening(target: string | number, child: ChildProcess, log: string): Promise<void> {
  for (const deadline = performance.now() + 30_000; performance.now() < deadline; await delay(20)) {
    if (child.exitCode !== null) break
    const open = await new Promise<boolean>((resolve) => {
      const socket = typeof target === 'string' ? connect(target) : connect(target, '127.0.0.1')
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (open) return
  }
  throw new Error(
    `${child.spawnfile} does not listen on ${target}:\n${readFileSync(log, 'utf8').slice(-2000)}`,
  )
}

function post(socketPath: string, path: string, body: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const sent = request({ socketPath, method: 'POST', path, headers, agent: false }, (answer) => {
      answer
        .setEncoding('utf8')
        .toArray()
        .then((parts) => resolve(JSON.parse(parts.join(''))), reject)
    })
    sent.once('error', reject).end(JSON.stringify(body))
  })
}

/** Takes a folder away with what is still mounted below it: Podman's own clean-up may be at it for a moment yet. */
export async function erase(dir: string): Promise<void> {
  for (const deadline = performance.now() + 10_000; ; await delay(50)) {
    const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[4] ?? '')
      .filter((path) => path.startsWith(`${dir}/`))
    try {
      for (const path of mounts.toReversed()) execFileSync('umount', ['-l', path], { stdio: 'pipe' })
      return rmSync(dir, { recursive: true, force: true })
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
  }
}

/** Root file system of one program: busybox under the names of its applets. */
export function busyboxRoot(dir: string): string {
  const applets = [
    'sh',
    'sleep',
    'cat',
    'echo',
    'ls',
    'id',
    'env',
    'true',
    'false',
    'wget',
    'ip',
    'kill',
    'grep',
    'touch',
    'stat',
    'mkdir',
    'pwd',
    'hostname',
    'trap',
    'head',
    'ps',
    'nproc',
    'mount',
    'test',
    'seq',
    'dd',
  ]
  const root = join(dir, 'busybox')
  mkdirSync(join(root, 'bin'), { recursive: true })
  for (const folder of ['etc', 'tmp', 'proc', 'sys', 'dev', 'run', 'var']) mkdirSync(join(root, folder))
  execFileSync('cp', ['/bin/busybox', join(root, 'bin/busybox')])
  for (const applet of applets) execFileSync('ln', ['-s', 'busybox', join(root, 'bin', applet)])
  chmodSync(join(root, 'tmp'), 0o1777)
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n')
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnobody:x:65534:\n')
  const tar = join(dir, 'busybox.tar')
  execFileSync('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', root, '-cf', tar, '.'])
  return tar
}
