import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { delegateV2, entryV2, removeV2 } from './cgroup-v2.ts'
import { DEFAULT_TIMEOUT_MS, bounded, shellScript, succeeded } from './compute-host.ts'
import type { ComputeHost, ExecOptions } from './compute-host.ts'
import {
  docker,
  dockerEnvironment,
  hierarchies,
  mustDocker,
  removeTree,
  startEngine,
  sweepContainerCgroups,
  unmountBelow,
} from './engine.ts'
import { raise } from './errors.ts'
import { guestFiles } from './guest-files.ts'
import {
  HOST_LABEL,
  PODMAN_ON_V2,
  containerName,
  daemonConfiguration,
  engines,
  hostArguments,
  needsV2,
  nodeImage,
} from './host-arguments.ts'
import type { HostSpec } from './host-arguments.ts'
import { ensureImages } from './images.ts'
import { machineLoad } from './machine-load.ts'
import { REPOSITORY, labPath } from './paths.ts'
import { preparation } from './prepare-host.ts'
import { run, say } from './run.ts'
import type { RunResult } from './run.ts'
import { DATA_DIRECTORY, seedDataDirectory } from './seed.ts'

const READY_MS = 60_000

/** A compute host of the test bed: a container of the outer engine, with engines of its own inside. */
export class Host implements ComputeHost {
  readonly name: string
  readonly spec: HostSpec
  readonly slowness = 1

  private constructor(spec: HostSpec) {
    this.name = spec.name
    this.spec = spec
  }

  /** Brings a host up from nothing. One of the same name that is there already is taken down first. */
  static async up(spec: HostSpec): Promise<Host> {
    const [, ...images] = await ensureImages([nodeImage(spec), ...spec.images])
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
    if (needsV2(spec)) {
      mkdirSync(join(directory, 'etc-containers'))
      writeFileSync(join(directory, 'etc-containers/v2.conf'), PODMAN_ON_V2)
    }
    for (const engine of engines(spec))
      await seedDataDirectory(engine, images, join(directory, engine), spec.suite)
    const binds = [
      `${REPOSITORY}:${REPOSITORY}:ro`,
      `${REPOSITORY}:/opt/anneal:ro`,
      `${guest.directory}:/opt/guest:ro`,
      `${join(directory, 'etc-docker')}:/etc/docker`,
      `${join(directory, 'etc-lab')}:/etc/lab`,
      ...(needsV2(spec) ? [`${join(directory, 'etc-containers')}:/etc/containers/containers.conf.d`] : []),
      ...engines(spec).map((engine) => `${join(directory, engine)}:${DATA_DIRECTORY[engine]}`),
    ]
    if (needsV2(spec)) delegateV2(spec.name)
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

  get patience(): number {
    return machineLoad()
  }

  /** What the host keeps on the machine's disk. */
  get directory(): string {
    return labPath('hosts', this.name)
  }

  /** Runs a program on the host. */
  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<RunResult> {
    const { input, env, timeoutMs = DEFAULT_TIMEOUT_MS * this.patience, onStderrLine } = options
    const interactive = input === undefined ? [] : ['--interactive']
    return run([...(await this.entry(interactive, env)), ...bounded(argv, timeoutMs)], {
      ...(input === undefined ? {} : { input }),
      ...(onStderrLine === undefined ? {} : { onStderrLine }),
      env: dockerEnvironment(),
      timeoutMs: timeoutMs + 15_000,
    })
  }

  /** What to put before a program so that it runs on the host. `flags` are those of `docker exec`. */
  async entry(
    flags: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<readonly string[]> {
    if (needsV2(this.spec)) {
      const container = { id: await this.#inspect('{{.Id}}'), pid: await this.pid() }
      return entryV2(this.name, container, env)
    }
    const variables = Object.entries(env).flatMap(([name, value]) => ['--env', `${name}=${value}`])
    return ['docker', 'exec', ...flags, ...variables, containerName(this.name)]
  }

  /** Runs a program that must succeed; its stdout. */
  async must(argv: readonly string[], options: ExecOptions = {}): Promise<string> {
    return succeeded(this.name, argv, await this.exec(argv, options))
  }

  /** A shell script on the host that must succeed; its stdout. */
  sh(script: string, options: ExecOptions = {}): Promise<string> {
    return this.must(shellScript(script), options)
  }

  /** Pid of the host's first process, as the machine sees it. 0 when the host is off. */
  async pid(): Promise<number> {
    return Number(await this.#inspect('{{.State.Pid}}'))
  }

  /**
   * A path of the host as the machine can open it, without a program being run inside. Absolute symbolic links in it
   * would lead to the machine's own files.
   */
  async path(inside: string): Promise<string> {
    return `/proc/${await this.pid()}/root${inside}`
  }

  async read(path: string): Promise<string> {
    return readFile(await this.path(path), 'latin1').catch(() => '')
  }

  /** Restarts the host. `power cut`: nothing inside hears of it. Guests end either way, and /run starts empty. */
  async reboot(kind: 'orderly' | 'power cut'): Promise<void> {
    const name = containerName(this.name)
    const nested = await this.#nestedContainers()
    if (kind === 'orderly') await docker(['stop', '--time', '20', name])
    else await docker(['kill', '--signal', 'KILL', name])
    await docker(['wait', name])
    if (this.spec.init === 'plain' && !needsV2(this.spec)) await this.#sweep(nested)
    await mustDocker(`start host ${this.name}`, ['start', name])
    await this.#prepare()
  }

  /** Removes the host: processes, mounts, control groups, directories. A host that is not there is fine. */
  async down(): Promise<void> {
    const nested = await this.#nestedContainers()
    const id = await this.#inspect('{{.Id}}')
    if (id !== '') {
      await mustDocker(`remove host ${this.name}`, ['rm', '--force', '--volumes', containerName(this.name)])
    }
    await this.#sweep(id === '' ? nested : [...nested, id])
    await unmountBelow(this.directory)
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 3 })
  }

  /** Empty where there is no such container. */
  async #inspect(format: string): Promise<string> {
    return (await docker(['inspect', '--format', format, containerName(this.name)])).stdout.trim()
  }

  async #prepare(): Promise<void> {
    const script = preparation(this.spec)
    const readyMs = READY_MS * this.patience
    const deadline = Date.now() + readyMs
    for (;;) {
      const result = await this.exec(['sh', '-c', script], { timeoutMs: readyMs })
      if (result.exitCode === 0) return
      const gone = (await this.pid()) === 0
      if (gone || Date.now() > deadline) {
        const logs = await docker(['logs', '--tail', '5', containerName(this.name)])
        const state = `${result.stderr}${result.stdout}${logs.stdout}${logs.stderr}`.trim()
        throw raise('LAB_HOST_NOT_READY', { name: this.name, seconds: readyMs / 1000, state })
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
    if (needsV2(this.spec)) return removeV2(this.name)
    if (this.spec.init !== 'plain') return
    for (const hierarchy of hierarchies()) {
      for (const top of ['machine', 'machine.slice', 'libpod_parent', 'libpod', 'anneal']) {
        // Other plain hosts live there too: what they have just made, and not filled yet, must stay.
        removeTree(join(hierarchy, top), 10_000)
      }
    }
  }
}
