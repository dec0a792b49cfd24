import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DEFAULT_TIMEOUT_MS, bounded, shellScript, succeeded } from '../compute-host.ts'
import type { ComputeHost, ExecOptions } from '../compute-host.ts'
import { raise } from '../errors.ts'
import { guestFiles } from '../guest-files.ts'
import { DEFAULT_SUITE, engines } from '../host-arguments.ts'
import type { HostSpec } from '../host-arguments.ts'
import { ensureImages } from '../images.ts'
import { alive } from '../lock.ts'
import { machineLoad } from '../machine-load.ts'
import { ensureVirtualHostPackages } from '../packages.ts'
import { REPOSITORY, labPath } from '../paths.ts'
import { preparation } from '../prepare-host.ts'
import { must, run, say, tail } from '../run.ts'
import type { RunResult } from '../run.ts'
import { DATA_DIRECTORY, seedDataDirectory } from '../seed.ts'
import { makeDisk, unpackedRoot } from './disk.ts'

/** Under emulation, with other work beside it. */
const READY_MS = 300_000

/**
 * A compute host that is a whole virtual machine, without KVM: a Debian kernel of its own, with cgroup v2 and all of its
 * controllers, systemd, stock runc and crun. Slow, but nothing in it is arranged. Entered by ssh.
 */
export class VirtualHost implements ComputeHost {
  readonly name: string
  readonly spec: HostSpec
  readonly slowness = 6
  readonly #port: number

  get patience(): number {
    return this.slowness * machineLoad()
  }

  private constructor(spec: HostSpec, port: number) {
    this.name = spec.name
    this.spec = spec
    this.#port = port
  }

  /** One of the same name that is there already is taken down first. */
  static async up(spec: HostSpec): Promise<VirtualHost> {
    await ensureVirtualHostPackages()
    const { suite = DEFAULT_SUITE } = spec
    const [vm, ...images] = await ensureImages([`vm:${suite}`, ...spec.images])
    if (vm === undefined) throw new Error('ensureImages gives as many images as it is asked for')
    const [guest, root] = [await guestFiles(), await unpackedRoot(vm)]
    const host = new VirtualHost(spec, await freePort())
    await host.down()
    const started = performance.now()
    const { directory } = host
    mkdirSync(directory, { recursive: true })
    await must('make a key', ['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(directory, 'key')])
    const seeded = engines(spec).map((engine) => ({ engine, from: join(directory, engine) }))
    for (const { engine, from } of seeded) await seedDataDirectory(engine, images, from, suite)
    await makeDisk(join(directory, 'disk'), {
      root,
      trees: [
        { from: REPOSITORY, to: '/opt/anneal' },
        { from: guest.directory, to: '/opt/guest' },
        ...seeded.map(({ engine, from }) => ({ from, to: DATA_DIRECTORY[engine] })),
      ],
      files: [
        { path: '/etc/hostname', text: `${spec.name}\n`, mode: 0o644 },
        { path: '/etc/hosts', text: `127.0.0.1 localhost ${spec.name}\n`, mode: 0o644 },
        { path: '/etc/docker/daemon.json', text: JSON.stringify(DAEMON), mode: 0o644 },
        {
          path: '/root/.ssh/authorized_keys',
          text: readFileSync(join(directory, 'key.pub'), 'utf8'),
          mode: 0o600,
        },
      ],
    })
    for (const { from } of seeded) rmSync(from, { recursive: true })
    writeFileSync(join(directory, 'vm.json'), JSON.stringify({ spec, port: host.#port }))
    await host.#start(root)
    await host.#prepare()
    say(`virtual host ${spec.name} is up after ${((performance.now() - started) / 1000).toFixed(1)} s`)
    return host
  }

  /** Those that are there, also of other processes. */
  static list(): readonly VirtualHost[] {
    const hosts = labPath('hosts')
    return (existsSync(hosts) ? readdirSync(hosts) : []).flatMap((name) => {
      const file = join(hosts, name, 'vm.json')
      if (!existsSync(file)) return []
      const { spec, port } = JSON.parse(readFileSync(file, 'utf8')) as { spec: HostSpec; port: number }
      return [new VirtualHost(spec, port)]
    })
  }

  get directory(): string {
    return labPath('hosts', this.name)
  }

  exec(argv: readonly string[], options: ExecOptions = {}): Promise<RunResult> {
    const { input, env = {}, timeoutMs = DEFAULT_TIMEOUT_MS * this.patience, onStderrLine } = options
    // Without SHLVL bash takes itself for a remote shell, and reads its start-up file.
    const variables = Object.entries({ SHLVL: '1', ...env }).map(([name, value]) => `${name}=${value}`)
    return run([...this.entry([]), quoted(['env', ...variables, ...bounded(argv, timeoutMs)])], {
      ...(input === undefined ? {} : { input }),
      ...(onStderrLine === undefined ? {} : { onStderrLine }),
      timeoutMs: timeoutMs + 60_000,
    })
  }

  /** What to put before a shell command so that it runs on the host. `flags` are those of ssh. */
  entry(flags: readonly string[]): readonly string[] {
    const options = {
      StrictHostKeyChecking: 'no',
      UserKnownHostsFile: '/dev/null',
      LogLevel: 'ERROR',
      IdentitiesOnly: 'yes',
      BatchMode: 'yes',
      ConnectTimeout: '30',
      // Emulated, a key exchange takes a second: one connection serves all.
      ControlMaster: 'auto',
      ControlPath: join(this.directory, 'ssh'),
      ControlPersist: '600',
    }
    const ssh = ['ssh', '-F', '/dev/null', '-i', join(this.directory, 'key'), '-p', String(this.#port)]
    return [
      ...ssh,
      ...flags,
      ...Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]),
      'root@127.0.0.1',
    ]
  }

  async must(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    return succeeded(this.name, argv, await this.exec(argv, options))
  }

  sh(script: string, options: ExecOptions = {}): Promise<string> {
    return this.must(shellScript(script), options)
  }

  async read(path: string): Promise<string> {
    return (await this.exec(['cat', path])).stdout
  }

  async down(): Promise<void> {
    await run([
      'ssh',
      '-F',
      '/dev/null',
      '-o',
      `ControlPath=${join(this.directory, 'ssh')}`,
      '-O',
      'exit',
      'host',
    ])
    const pid = this.#pid()
    if (pid !== undefined) {
      process.kill(pid, 'SIGKILL')
      while (alive(pid)) await sleep(50)
    }
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }

  /** Of the QEMU that has this host's disk. */
  #pid(): number | undefined {
    try {
      const pid = Number(readFileSync(join(this.directory, 'pid'), 'utf8'))
      const mine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join(this.directory, 'disk'))
      return mine ? pid : undefined
    } catch {
      return undefined
    }
  }

  async #start(root: string): Promise<void> {
    const at = (name: string): string => join(this.directory, name)
    const log = openSync(at('qemu.log'), 'a')
    const child = spawn(
      'qemu-system-x86_64',
      [
        ['-name', this.name, '-machine', 'q35', '-accel', 'tcg,thread=multi', '-cpu', 'max'],
        ['-smp', '2', '-m', '2560', '-nodefaults', '-display', 'none', '-no-reboot'],
        ['-serial', `file:${at('console.log')}`, '-pidfile', at('pid')],
        ['-kernel', join(root, 'boot/vmlinuz'), '-initrd', join(root, 'boot/initrd.img')],
        ['-append', 'root=/dev/vda rw console=ttyS0 quiet net.ifnames=0 panic=-1'],
        ['-drive', `file=${at('disk')},if=virtio,format=raw,cache=unsafe`],
        ['-netdev', `user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:${this.#port}-:22`],
        ['-device', 'virtio-net-pci,netdev=net'],
      ].flat(),
      { detached: true, stdio: ['ignore', log, log] },
    )
    child.unref()
    await sleep(500)
  }

  async #prepare(): Promise<void> {
    const readyMs = READY_MS * machineLoad()
    const deadline = Date.now() + readyMs
    for (;;) {
      const result = await this.exec(['sh', '-c', preparation(this.spec)], { timeoutMs: readyMs })
      if (result.exitCode === 0) return
      if (this.#pid() === undefined || Date.now() > deadline) {
        const logs = ['qemu.log', 'console.log'].map((name) => {
          const file = join(this.directory, name)
          return existsSync(file) ? tail(readFileSync(file, 'latin1')) : ''
        })
        const state = [result.stderr, ...logs].join('\n').trim()
        throw raise('LAB_HOST_NOT_READY', { name: this.name, seconds: readyMs / 1000, state })
      }
      await sleep(1000)
    }
  }
}

/** Debian's runtime as it is: a machine of its own grants every capability. */
const DAEMON = { 'storage-driver': 'overlay2', iptables: false, ip6tables: false, bridge: 'none' }

/** An argument vector as one command of a remote shell. */
export function quoted(argv: readonly string[]): string {
  return argv.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ')
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('a listening socket has a port'))
      })
    })
  })
}
