import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BareMetal, OpenStackLab, testSystem } from '../../../lab/index.ts'
import type { Machine, OpenStackLabOptions } from '../../../lab/index.ts'
import { REPOSITORY } from '../../../lab/paths.ts'
import { run } from '../../../lab/run.ts'
import type { RunResult } from '../../../lab/run.ts'
import type { DeploymentReport } from '../../../src/runtime/index.ts'

const ANNEAL = join(REPOSITORY, 'anneal')

/** A node of Ironic, as far as tests look. */
type SeenNode = Readonly<{
  uuid: string
  provision_state: string
  instance_info: Readonly<Record<string, unknown>>
  instance_uuid: string | null
  deploy_step: Readonly<{ step?: string }> | null
}>

/** A command that runs. */
type UnderWay = Readonly<{
  /** Ends it as a power cut does. */
  kill: () => Promise<void>
  /** What it reports in the end. */
  report: () => Promise<DeploymentReport>
}>

/** A lab with machines, and `anneal` and `openstack` as an operator types them, with a state directory of their own. */
export class MetalBed {
  readonly lab: OpenStackLab
  readonly directory: string

  private constructor(lab: OpenStackLab, directory: string) {
    this.lab = lab
    this.directory = directory
  }

  static async up(options: OpenStackLabOptions): Promise<MetalBed> {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-metal-'))
    try {
      return new MetalBed(await OpenStackLab.up(options), directory)
    } catch (error) {
      rmSync(directory, { recursive: true, force: true })
      throw error
    }
  }

  async down(): Promise<void> {
    await this.lab.down()
    rmSync(this.directory, { recursive: true, force: true })
  }

  get machine(): Machine {
    const [machine] = this.lab.nodes
    assert.ok(machine)
    return machine
  }

  /** Writes an inventory of all machines of the lab; gives its path. */
  inventory(more: Readonly<Record<string, unknown>> = {}): string {
    const nodes = this.lab.nodes.map((machine) => ({
      name: machine.name,
      driver: 'ipmi',
      resource_class: 'baremetal',
      interfaces: { boot: 'ipxe', network: 'noop' },
      properties: { cpu_arch: 'x86_64', local_gb: 3, capabilities: `boot_mode:${machine.firmware}` },
      bmc: {
        address: machine.ipmi.address,
        port: machine.ipmi.port,
        username: machine.bmc.username,
        password: { file: machine.bmc.passwordFile },
        options: { ipmi_cipher_suite: machine.ipmi.cipherSuite },
      },
      ports: [machine.mac],
      address: machine.address,
      ...more,
    }))
    const path = join(this.directory, 'machines.yaml')
    writeFileSync(path, JSON.stringify({ nodes }))
    return path
  }

  /** Enrolls all machines and makes them available. */
  async enroll(): Promise<void> {
    await this.json(['metal', 'enroll', this.inventory()])
    await this.json(['metal', 'provide', ...this.lab.nodes.map((one) => one.name)])
  }

  anneal(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<RunResult> {
    return run([ANNEAL, ...argv], { env: this.#environment(env), timeoutMs: 900_000 })
  }

  /** A command that must succeed, with what it says to programs. */
  async json<T>(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<T> {
    const { exitCode, stdout, stderr } = await this.anneal([...argv, '--json'], env)
    assert.equal(exitCode, 0, stderr + stdout)
    return JSON.parse(stdout) as T
  }

  /** What a deploy reports, however it ended. */
  async report(argv: readonly string[]): Promise<DeploymentReport> {
    const { stdout, stderr } = await this.anneal([...argv, '--json'])
    assert.notEqual(stdout, '', stderr)
    return JSON.parse(stdout) as DeploymentReport
  }

  /** The first machine as Ironic has it: by a plain request, as the official client takes seconds to start. */
  async node(): Promise<SeenNode> {
    return (await new BareMetal(this.lab).request('GET', `nodes/${this.machine.name}`)) as SeenNode
  }

  /** A command under way, once it has told of `progress`. The launcher hands its process over: this is the process. */
  async underWay(argv: readonly string[], progress: RegExp): Promise<UnderWay> {
    const child = spawn(ANNEAL, [...argv, '--json', '--progress', 'jsonl'], {
      env: { ...process.env, ...this.#environment() },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    let told = ''
    child.stdout.on('data', (part) => (printed += String(part)))
    const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
    await new Promise<void>((resolve, reject) => {
      child.stderr.on('data', (part) => {
        told += String(part)
        if (progress.test(told)) resolve()
      })
      child.once('close', () => reject(new Error(`it ended by itself: ${told}${printed}`)))
    })
    return {
      kill: async () => {
        child.kill('SIGKILL')
        await ended
      },
      report: async () => {
        await ended
        assert.notEqual(printed, '', told)
        return JSON.parse(printed) as DeploymentReport
      },
    }
  }

  async openstack<T = Record<string, unknown>>(argv: readonly string[]): Promise<T> {
    const result = await this.lab.openstack([...argv, '-f', 'json'])
    assert.equal(result.exitCode, 0, result.stderr)
    return JSON.parse(result.stdout) as T
  }

  /** Makes an image with the official client; Anneal works on what that made. Gives its id. */
  async image(
    name: string,
    form: Readonly<{ disk: string; container: string; file: string }>,
    properties: Readonly<Record<string, unknown>> = {},
  ): Promise<string> {
    const extra = Object.entries(properties).flatMap(([key, value]) => [
      '--property',
      `${key}=${String(value)}`,
    ])
    const format = ['--disk-format', form.disk, '--container-format', form.container, '--file', form.file]
    const image = await this.openstack(['image', 'create', '--public', ...format, ...extra, name])
    assert.equal(typeof image['id'], 'string')
    return String(image['id'])
  }

  /** The test system as kernel, ramdisk and a base that nobody boots. */
  async trio(name: string): Promise<void> {
    const { kernel, ramdisk } = await testSystem()
    const base = join(this.directory, `${name}.base`)
    writeFileSync(base, 'a base that nobody boots')
    const [kernelId, ramdiskId] = await Promise.all([
      this.image(`${name}-kernel`, { disk: 'aki', container: 'aki', file: kernel }),
      this.image(`${name}-ramdisk`, { disk: 'ari', container: 'ari', file: ramdisk }),
    ])
    const properties = {
      kernel_id: kernelId,
      ramdisk_id: ramdiskId,
      kernel_cmdline: 'console=ttyS0,115200 root=LABEL=r',
    }
    await this.image(name, { disk: 'ami', container: 'ami', file: base }, properties)
  }

  /** Name and state of everything in Glance. */
  async images(): Promise<readonly string[]> {
    const images = await this.openstack<readonly { ID: string; Name: string; Status: string }[]>([
      'image',
      'list',
    ])
    return images.map((one) => `${one.Name} ${one.Status} ${one.ID}`).toSorted()
  }

  #environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
    return { ...this.lab.environment, ANNEAL_STATE: this.directory, ...more }
  }
}

/** The error that a command printed for programs. */
export function errorOf(result: RunResult): Readonly<{ code: string; remedy: string; message: string }> {
  const line = result.stderr.split('\n').find((one) => one.startsWith('{"schema":"anneal.error/1"'))
  assert.ok(line, result.stderr)
  return JSON.parse(line) as { code: string; remedy: string; message: string }
}
