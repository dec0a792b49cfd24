import { randomBytes } from 'node:crypto'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { alive } from '../lock.ts'
import {
  ensureBedPackages,
  ensureNovaPackages,
  ensureOpenStackPackages,
  ensureRegistryPackages,
} from '../packages.ts'
import { labPath } from '../paths.ts'
import { run, say } from '../run.ts'
import type { RunOptions, RunResult } from '../run.ts'
import { bringUp, servicesOf } from './bring-up.ts'
import type { Description, Endpoints, OpenStackLabOptions } from './bring-up.ts'
import { CLOUD } from './clouds-file.ts'
import { endAll } from './end.ts'
import { raise } from './errors.ts'
import { webRoot } from './ironic.ts'
import { adminToken, identityIn } from './keystone.ts'
import type { Machine } from './machine.ts'
import { removeNetwork } from './network.ts'
import { cleanEnvironment, servicePid, startService, stopService } from './service.ts'
import type { Service, ServiceHome } from './service.ts'
import { onGround } from './suite-tree.ts'

/** Holds the pid of who brings a lab up, as long as that takes. */
export const COMING_UP = 'coming-up'

/** Real Keystone, Glance and Ironic, with virtual machines to deploy, in a network namespace of their own. */
export class OpenStackLab {
  readonly name: string
  readonly description: Description

  private constructor(name: string, description: Description) {
    this.name = name
    this.description = description
  }

  /**
   * Brings a lab up from nothing. What a failed attempt has started is taken down again.
   * Throws LAB_OPENSTACK_EXISTS, LAB_OPENSTACK_NAME, LAB_NO_NETWORK, LAB_SERVICE_START, those of packages, and the
   * signal's reason.
   */
  static async up(options: OpenStackLabOptions = {}): Promise<OpenStackLab> {
    const name = checkedName(options.name ?? `t${randomBytes(4).toString('hex')}`)
    await (options.suite === undefined ? ensureOpenStackPackages() : ensureBedPackages())
    if (options.nova === true) await ensureNovaPackages()
    if (options.registry === true) await ensureRegistryPackages()
    const directory = directoryOf(name)
    if (existsSync(directory)) throw raise('LAB_OPENSTACK_EXISTS', { name, where: directory })
    for (const one of ['tmp', 'log']) mkdirSync(join(directory, one), { recursive: true, mode: 0o700 })
    writeFileSync(join(directory, COMING_UP), String(process.pid))
    try {
      const description = await bringUp(name, directory, options)
      writeFileSync(join(directory, 'lab.json'), JSON.stringify(description, undefined, 2))
      rmSync(join(directory, COMING_UP))
      return new OpenStackLab(name, description)
    } catch (error) {
      // The logs are what tells why: they stay beside the lab's directory until the next attempt.
      await removeLab(name, { keepLogs: true })
      throw error
    }
  }

  /** A lab that another process brought up. Throws LAB_OPENSTACK_UNKNOWN. */
  static find(name: string): OpenStackLab {
    const found = OpenStackLab.list().find((lab) => lab.name === name)
    if (found === undefined) {
      const known = OpenStackLab.list().map((lab) => lab.name)
      throw raise('LAB_OPENSTACK_UNKNOWN', { name, known: known.length === 0 ? 'none' : known })
    }
    return found
  }

  /** Labs that are up, or were when somebody looked last. */
  static list(): readonly OpenStackLab[] {
    return labNames().flatMap((name) => {
      const path = join(directoryOf(name), 'lab.json')
      if (!existsSync(path)) return []
      return [new OpenStackLab(name, JSON.parse(readFileSync(path, 'utf8')) as Description)]
    })
  }

  get directory(): string {
    return directoryOf(this.name)
  }

  get nodes(): readonly Machine[] {
    return this.description.nodes
  }

  get endpoints(): Endpoints {
    return this.description.endpoints
  }

  /** PEM of the authority of the lab's registry, where it has one. */
  get registryAuthority(): string | undefined {
    return this.description.registryAuthority
  }

  get cloudsFile(): string {
    return this.description.cloudsFile
  }

  get secureFile(): string {
    return this.description.secureFile
  }

  /** What Ironic and the nodes fetch by `endpoints.web`. */
  get webRoot(): string {
    return webRoot(join(this.directory, 'ironic'))
  }

  /** Variables with which the `openstack` client and Anneal use this lab. */
  get environment(): Readonly<Record<string, string>> {
    return { OS_CLIENT_CONFIG_FILE: this.cloudsFile, OS_CLIENT_SECURE_FILE: this.secureFile, OS_CLOUD: CLOUD }
  }

  /** A node by its name. Throws LAB_MACHINE_UNKNOWN. */
  node(name: string): Machine {
    const found = this.nodes.find((one) => one.name === name)
    if (found === undefined) {
      throw raise('LAB_MACHINE_UNKNOWN', { name, lab: this.name, known: this.nodes.map((one) => one.name) })
    }
    return found
  }

  /** Pid of each service; undefined where it does not run. */
  services(): Readonly<Record<string, number | undefined>> {
    return Object.fromEntries(this.#services().map(({ name }) => [name, servicePid(this.#home, name)]))
  }

  /** Ends one service, as `kill -9` does or politely. */
  async stopService(name: string, manner: 'orderly' | 'abruptly' = 'orderly'): Promise<void> {
    await stopService(this.#home, this.#service(name).name, manner)
  }

  /** Starts a service that does not run, and waits until it is ready. */
  async startService(name: string): Promise<void> {
    await startService(this.#home, this.#service(name))
  }

  /** Runs the `openstack` client of the lab's suite against it. Files that it reads are below /tmp. */
  openstack(argv: readonly string[], options: RunOptions & { cloud?: string } = {}): Promise<RunResult> {
    const env = { ...cleanEnvironment(this.#home), ...this.environment, ...options.env }
    const client = onGround(this.description.suite, ['openstack', ...argv], ['/tmp', this.directory])
    return run(client, {
      ...options,
      env: { ...env, OS_CLOUD: options.cloud ?? env.OS_CLOUD ?? CLOUD },
    })
  }

  /** A token of the administrator, for plain requests. Throws LAB_API. */
  async token(): Promise<string> {
    const { address } = this.description.network
    const token = await adminToken(identityIn(join(this.directory, 'keystone'), address))
    if (token === undefined) {
      const request = `POST ${this.endpoints.identity}/v3/auth/tokens`
      throw raise('LAB_API', { request, status: 0, text: 'no token' })
    }
    return token
  }

  /** Ends every process, and removes network and directory. */
  async down(): Promise<void> {
    await removeLab(this.name)
  }

  get #home(): ServiceHome {
    const { network, suite } = this.description
    return { directory: this.directory, namespace: network.namespace, ground: suite }
  }

  #services(): readonly Service[] {
    return servicesOf(this.directory, this.description)
  }

  #service(name: string): Service {
    const all = this.#services()
    const found = all.find((one) => one.name === name)
    if (found === undefined) {
      throw raise('LAB_SERVICE_UNKNOWN', {
        service: name,
        lab: this.name,
        known: all.map((one) => one.name),
      })
    }
    return found
  }
}

/** Names of all labs, also of those that did not come up whole. */
export function labNames(): readonly string[] {
  return existsSync(directoryOf()) ? readdirSync(directoryOf()).filter((one) => !one.includes('.')) : []
}

/** Whether a lab neither came up whole nor has anybody who still brings it up. */
export function isAbandoned(name: string): boolean {
  const directory = directoryOf(name)
  const whole = ['lab.json', 'conductor.json'].some((one) => existsSync(join(directory, one)))
  if (!existsSync(directory) || whole) return false
  const path = join(directory, COMING_UP)
  return !existsSync(path) || !alive(Number(readFileSync(path, 'utf8')))
}

/** Removes a lab by name, in whatever state it is: also one whose `up` was interrupted. */
export async function removeLab(name: string, options: { keepLogs?: boolean } = {}): Promise<void> {
  checkedName(name)
  const directory = directoryOf(name)
  await endAll(name)
  await removeNetwork(name)
  if (options.keepLogs === true && existsSync(join(directory, 'log'))) {
    const kept = `${directory}.failed`
    rmSync(kept, { recursive: true, force: true })
    renameSync(join(directory, 'log'), kept)
    // Most services write beside their configuration.
    for (const part of readdirSync(directory)) {
      for (const file of filesOf(join(directory, part)).filter((one) => one.endsWith('.log'))) {
        copyFileSync(join(directory, part, file), join(kept, file))
      }
    }
    say(`the logs are in ${kept}`)
  } else rmSync(`${directory}.failed`, { recursive: true, force: true })
  rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
}

export function directoryOf(name = ''): string {
  return labPath('openstack', name)
}

function filesOf(directory: string): readonly string[] {
  return statSync(directory).isDirectory() ? readdirSync(directory) : []
}

/** Also part of a namespace's name. */
export function checkedName(name: string): string {
  if (!/^[a-z][a-z0-9-]{0,11}$/.test(name)) {
    throw raise('LAB_OPENSTACK_NAME', { name, why: 'it is part of file and interface names' })
  }
  return name
}
