import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { GUEST_KERNEL_DIRECTORY } from './domain-xml.ts'
import {
  docker,
  hierarchies,
  mustDocker,
  removeTree,
  startEngine,
  sweepContainerCgroups,
  unmountBelow,
} from './engine.ts'
import { raise } from './errors.ts'
import { guestFiles } from './guest-files.ts'
import { HOST_LABEL, containerName, daemonConfiguration, engines, hostArguments } from './host-arguments.ts'
import type { HostSpec } from './host-arguments.ts'
import { ensureImages } from './images.ts'
import { REPOSITORY, labPath } from './paths.ts'
import { say } from './run.ts'
import type { RunResult } from './run.ts'
import { DATA_DIRECTORY, seedDataDirectory } from './seed.ts'

export type ExecOptions = Readonly<{
  input?: string
  /** The program inside gets SIGTERM, then SIGKILL; the exit code is then 124. Default two minutes. */
  timeoutMs?: number
  env?: Readonly<Record<string, string>>
  /** Called with each line of stderr as it comes. */
  onStderrLine?: (line: string) => void
}>

const READY_MS = 60_000

/** As on a host without the package systemd-container: a masked unit would make libvirt fail instead of doing without. */
const REMOVE_MACHINED = [
  'systemctl stop systemd-machined.service',
  'rm -f /usr/share/dbus-1/system-services/org.freedesktop.machine1.service',
  'rm -f /lib/systemd/system/systemd-machined.service /lib/systemd/system/dbus-org.freedesktop.machine1.service',
  'systemctl daemon-reload',
  'systemctl reload dbus',
].join('; ')

/** A compute host of the test bed: a container of the outer engine, with engines of its own inside. */
export class Host {
  readonly name: string
  readonly spec: HostSpec

  private constructor(spec: HostSpec) {
    this.name = spec.name
    this.spec = spec
  }

  /** Brings a host up from nothing. One of the same name that is there already is taken down first. */
  static async up(spec: HostSpec): Promise<Host> {
    const [, ...images] = await ensureImages(['node:bookworm', ...spec.images])
    const guest = await guestFiles()
    const host = new Host(spec)
    await host.down()

    const started = performance.now()
    const directory = host.directory
    mkdirSync(join(directory, 'etc-docker'), { recursive: true })
    mkdirSync(join(directory, 'etc-lab'), { recursive: true })
    writeFileSync(
      join(directory, 'etc-docker/daemon.json'),
      JSON.stringify(daemonConfiguration(spec), undefined, 2),
    )
    writeFileSync(join(directory, 'etc-lab/engines'), `${engines(spec).join('\n')}\n`)
    for (const engine of engines(spec)) await seedDataDirectory(engine, images, join(directory, engine))
    const binds = [
      `${REPOSITORY}:${REPOSITORY}:ro`,
      `${REPOSITORY}:/opt/anneal:ro`,
      `${guest.directory}:/opt/guest:ro`,
      `${join(directory, 'etc-docker')}:/etc/docker`,
      `${join(directory, 'etc-lab')}:/etc/lab`,
      ...engines(spec).map((engine) => `${join(directory, engine)}:${DATA_DIRECTORY[engine]}`),
    ]
    await mustDocker(`create host ${spec.name}`, hostArguments(spec, binds))
    await host.#prepare()
    say(`host ${spec.name} is up after ${((performance.now() - started) / 1000).toFixed(1)} s`)
    return host
  }

  /** A host that another process brought up. */
  static async find(name: string): Promise<Host> {
    const found = (await Host.list()).find((host) => host.name === name)
    if (found === undefined) {
      const known = (await Host.list()).map((host) => host.name)
      throw raise('LAB_HOST_UNKNOWN', { name, known: known.length === 0 ? 'none' : known })
    }
    return found
  }

  static async list(): Promise<readonly Host[]> {
    await startEngine()
    const format = `{{.Label "${HOST_LABEL}"}}`
    const output = await mustDocker('list hosts', [
      'ps',
      '--all',
      '--filter',
      `label=${HOST_LABEL}`,
      '--format',
      format,
    ])
    return output
      .split('\n')
      .filter(Boolean)
      .map((line) => new Host(JSON.parse(line) as HostSpec))
  }

  /** What the host keeps on the machine's disk. */
  get directory(): string {
    return labPath('hosts', this.name)
  }

  /** Runs a program on the host. */
  exec(argv: readonly string[], options: ExecOptions = {}): Promise<RunResult> {
    const seconds = (options.timeoutMs ?? 120_000) / 1000
    const env = Object.entries(options.env ?? {}).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    const interactive = options.input === undefined ? [] : ['--interactive']
    const bounded = ['timeout', '--kill-after=5', String(seconds), ...argv]
    return docker(['exec', ...interactive, ...env, containerName(this.name), ...bounded], {
      ...(options.input === undefined ? {} : { input: options.input }),
      ...(options.onStderrLine === undefined ? {} : { onStderrLine: options.onStderrLine }),
      timeoutMs: (seconds + 15) * 1000,
    })
  }

  /** Runs a program that must succeed; its stdout. */
  async must(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    const result = await this.exec(argv, options)
    if (result.exitCode !== 0) {
      const output = `${result.stderr}${result.stdout}`.trim()
      throw raise('LAB_COMMAND_FAILED', {
        action: `run a program on host ${this.name}`,
        command: argv.join(' ').slice(0, 300),
        exitCode: result.exitCode,
        output,
      })
    }
    return result.stdout
  }

  /** A shell script on the host that must succeed; its stdout. */
  sh(script: string, options: ExecOptions = {}): Promise<string> {
    return this.must(['bash', '-euo', 'pipefail', '-c', script], options)
  }

  /** Pid of the host's first process, as the machine sees it. 0 when the host is off. */
  async pid(): Promise<number> {
    const output = await docker(['inspect', '--format', '{{.State.Pid}}', containerName(this.name)])
    return Number(output.stdout.trim() || 0)
  }

  /**
   * A path of the host as the machine can open it, without a program being run inside. Absolute symbolic links in it
   * would lead to the machine's own files.
   */
  async path(inside: string): Promise<string> {
    return `/proc/${await this.pid()}/root${inside}`
  }

  /** Restarts the host. `power cut`: nothing inside hears of it. Guests end either way, and /run starts empty. */
  async reboot(kind: 'orderly' | 'power cut'): Promise<void> {
    const name = containerName(this.name)
    const nested = await this.#nestedContainers()
    if (kind === 'orderly') await docker(['stop', '--time', '20', name])
    else await docker(['kill', '--signal', 'KILL', name])
    await docker(['wait', name])
    if (this.spec.init === 'plain') await this.#sweep(nested)
    await mustDocker(`start host ${this.name}`, ['start', name])
    await this.#prepare()
  }

  /** Removes the host: processes, mounts, control groups, directories. A host that is not there is fine. */
  async down(): Promise<void> {
    const nested = await this.#nestedContainers()
    const id = (await docker(['inspect', '--format', '{{.Id}}', containerName(this.name)])).stdout.trim()
    if (id !== '') {
      await mustDocker(`remove host ${this.name}`, ['rm', '--force', '--volumes', containerName(this.name)])
    }
    await this.#sweep(id === '' ? nested : [...nested, id])
    await unmountBelow(this.directory)
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }

  async #prepare(): Promise<void> {
    const wanted = engines(this.spec)
    const systemd = this.spec.init === 'systemd'
    const script = [
      'set -eu',
      ...(systemd
        ? [
            'until systemctl is-system-running --wait >/tmp/lab-state 2>/dev/null || grep -q degraded /tmp/lab-state; do sleep 0.1; done',
            ...((this.spec.machined ?? true) ? [] : [REMOVE_MACHINED]),
            ...wanted.map(
              (engine) =>
                `systemctl enable --now ${engine === 'docker' ? 'docker.service' : 'podman.socket'} >/dev/null 2>&1`,
            ),
          ]
        : []),
      ...wanted.map((engine) => `until ${engine} info >/dev/null 2>&1; do sleep 0.1; done`),
      // Guests here run without KVM. A /dev/kvm that QEMU's user may not open would make libvirt probe QEMU at each start.
      'rm -f /dev/kvm',
      // Ids of Debian's nova user; the images keep to them.
      'install -d -o 64060 -g 64060 /var/lib/nova /var/lib/nova/instances',
      `install -d ${GUEST_KERNEL_DIRECTORY}`,
      `[ -e ${GUEST_KERNEL_DIRECTORY}/vmlinuz ] || cp /opt/guest/vmlinuz /opt/guest/initrd.gz ${GUEST_KERNEL_DIRECTORY}/`,
      'grep -q localhost /etc/hosts || echo "127.0.0.1 localhost" >>/etc/hosts',
      'grep -q "$(hostname)" /etc/hosts || echo "127.0.0.1 $(hostname)" >>/etc/hosts',
    ].join('\n')
    const deadline = Date.now() + READY_MS
    for (;;) {
      const result = await this.exec(['sh', '-c', script], { timeoutMs: READY_MS })
      if (result.exitCode === 0) return
      const gone = (await this.pid()) === 0
      if (gone || Date.now() > deadline) {
        const logs = await docker(['logs', '--tail', '5', containerName(this.name)])
        const state = `${result.stderr}${result.stdout}${logs.stdout}${logs.stderr}`.trim()
        throw raise('LAB_HOST_NOT_READY', { name: this.name, seconds: READY_MS / 1000, state })
      }
      await sleep(100)
    }
  }

  /** Ids of the containers that the host's engines made, read from disk: the engines may be dead. */
  async #nestedContainers(): Promise<readonly string[]> {
    const containers = join(this.directory, 'docker/containers')
    return existsSync(containers) ? readdirSync(containers) : []
  }

  /** A plain host lives in the machine's own cgroup tree, so what it made there must go with it. */
  async #sweep(containers: readonly string[]): Promise<void> {
    sweepContainerCgroups(containers)
    if (this.spec.init !== 'plain') return
    for (const hierarchy of hierarchies()) {
      for (const top of ['machine', 'machine.slice', 'libpod_parent', 'libpod', 'anneal']) {
        // Other plain hosts live there too: what they have just made, and not filled yet, must stay.
        removeTree(join(hierarchy, top), 10_000)
      }
    }
  }
}
