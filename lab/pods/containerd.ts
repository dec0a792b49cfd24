import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { hierarchies, removeTree, unmountBelow } from '../engine.ts'
import { must, run } from '../run.ts'
import { POD_IMAGE, podImage } from './pod-image.ts'
import { podClient } from './pod-client.ts'
import type { PodClient } from './pod-client.ts'

export type ContainerdOptions = Readonly<{
  /** Holds all of it; made, and removed at the end. Sockets are in it: keep it short. */
  directory: string
  /** The OCI runtime's program: `runc`, `crun`, or a path. */
  runtime: string
  driver: 'cgroupfs' | 'systemd'
  /** As packages for Docker ship it. */
  cri?: 'disabled'
}>

/** A containerd of its own with its CRI, beside any other of the machine. */
export type Containerd = Readonly<{
  socket: string
  /** Name of the group below which its pods are, and of a slice; no other containerd's. */
  group: string
  client: PodClient
  /** `ctr` in the namespace of the CRI: containerd's own word for what runs. */
  ctr: (argv: readonly string[]) => Promise<string>
  /** SIGKILL to the shim that has this container. */
  killShimOf: (id: string) => void
  /** Until containerd knows no task of the container any more. */
  untilNoTask: (id: string) => Promise<void>
  /** Ends it with every shim and process of its containers, and removes its files. */
  close: () => Promise<void>
}>

const READY_MS = 60_000

export async function startContainerd(options: ContainerdOptions): Promise<Containerd> {
  const { directory } = options
  mkdirSync(directory, { recursive: true })
  const socket = join(directory, 'c.sock')
  const group = `annealpods${randomBytes(4).toString('hex')}`
  const configuration = join(directory, 'config.toml')
  writeFileSync(configuration, configurationOf(options, socket))
  // A node is ready once its runtime has a network. No pod here takes one of its own: the plugin need not exist.
  mkdirSync(join(directory, 'cni'))
  writeFileSync(
    join(directory, 'cni/none.conflist'),
    JSON.stringify({ cniVersion: '0.3.1', name: 'none', plugins: [{ type: 'none' }] }),
  )
  const log = join(directory, 'containerd.log')
  const output = openSync(log, 'a')
  const daemon = spawn('containerd', ['--config', configuration], {
    detached: true,
    stdio: ['ignore', output, output],
    env: { ...process.env, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin` },
  })
  const state: { ended?: string } = {}
  daemon.on('error', (error) => (state.ended = error.message))
  daemon.on('exit', (code) => (state.ended = `containerd exited with ${code ?? 'a signal'}`))
  daemon.unref()
  const ctr = (argv: readonly string[]) =>
    must('ask containerd', ['ctr', '--address', socket, '--namespace', 'k8s.io', ...argv])
  const client = podClient(socket)
  const close = async (): Promise<void> => {
    if (state.ended === undefined && options.cri !== 'disabled') {
      for (const podSandboxId of await client.pods().catch(() => [])) {
        await client.ask('StopPodSandbox', { podSandboxId }).catch(() => undefined)
        await client.ask('RemovePodSandbox', { podSandboxId }).catch(() => undefined)
      }
    }
    client.close()
    for (const pid of shims(socket)) kill(pid)
    if (daemon.pid !== undefined && state.ended === undefined) kill(daemon.pid)
    const until = performance.now() + READY_MS
    while (state.ended === undefined && performance.now() < until) await sleep(20)
    await unmountBelow(directory)
    for (const hierarchy of hierarchies()) {
      for (const name of [group, `${group}-outside`]) removeTree(join(hierarchy, name))
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
  }
  try {
    const until = performance.now() + READY_MS
    for (;;) {
      if (state.ended !== undefined)
        throw new Error(`${state.ended}:\n${readFileSync(log, 'utf8').slice(-2000)}`)
      if (existsSync(socket) && (await run(['ctr', '--address', socket, 'version'])).exitCode === 0) break
      if (performance.now() > until) throw new Error(`containerd does not answer; see ${log}`)
      await sleep(50)
    }
    await ctr(['images', 'import', await podImage(join(directory, 'image'))])
  } catch (error) {
    await close()
    throw error
  }
  const killShimOf = (id: string): void => {
    for (const pid of shims(socket)) {
      // The shim of a pod is called by its sandbox.
      if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(id)) kill(pid)
    }
  }
  const untilNoTask = async (id: string): Promise<void> => {
    const until = performance.now() + READY_MS
    while ((await ctr(['task', 'ls'])).includes(id)) {
      if (performance.now() > until) throw new Error(`containerd still has a task of ${id}`)
      await sleep(50)
    }
  }
  return { socket, group, client, ctr, killShimOf, untilNoTask, close }
}

/** Version 2 of its configuration, which containerd 1.6 to 2.x read. */
function configurationOf(options: ContainerdOptions, socket: string): string {
  const { directory, runtime, driver } = options
  const cri = '[plugins."io.containerd.grpc.v1.cri"'
  return `version = 2
${options.cri === 'disabled' ? 'disabled_plugins = ["io.containerd.grpc.v1.cri"]' : ''}
root = "${join(directory, 'root')}"
state = "${join(directory, 'state')}"
[grpc]
  address = "${socket}"
${cri}]
  sandbox_image = "${POD_IMAGE}"
  # What a container of the test bed lacks.
  restrict_oom_score_adj = true
  disable_apparmor = true
  tolerate_missing_hugetlb_controller = true
  stream_server_port = "0"
${cri}.cni]
  bin_dir = "${join(directory, 'cni')}"
  conf_dir = "${join(directory, 'cni')}"
${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
${cri}.containerd.runtimes.runc.options]
  BinaryName = "${runtime}"
  SystemdCgroup = ${driver === 'systemd'}
`
}

/** The shims of this containerd: each names its socket. */
function shims(socket: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
        return basename(argv[0] ?? '').startsWith('containerd-shim') && argv.includes(socket)
      } catch {
        return false
      }
    })
    .map(Number)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}
