import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BareMetal, OpenStackLab, testSystem } from '../../../../lab/index.ts'
import type { Machine, OpenStackLabOptions } from '../../../../lab/index.ts'
import { REPOSITORY } from '../../../../lab/paths.ts'
import { run } from '../../../../lab/run.ts'
import type { RunResult } from '../../../../lab/run.ts'
import { suiteOfTests } from '../../support/suite.ts'
import type { DeploymentReport } from '../../../../src/runtime/metal/index.ts'

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
  readonly #timeoutMs: number

  private constructor(lab: OpenStackLab, directory: string, timeoutMs: number) {
    this.lab = lab
    this.directory = directory
    this.#timeoutMs = timeoutMs
  }

  /** No command may take longer than `timeoutMs`. */
  static async up(options: OpenStackLabOptions, timeoutMs = 900_000): Promise<MetalBed> {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-metal-'))
    try {
      return new MetalBed(await OpenStackLab.up({ ...suiteOfTests(), ...options }), directory, timeoutMs)
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

  /** Writes an inventory of machines of the lab, all unless named; gives its path. */
  inventory(more: Readonly<Record<string, unknown>> = {}, machines = this.lab.nodes): string {
    const nodes = machines.map((machine) => ({
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
    return run([ANNEAL, ...argv], { env: this.#environment(env), timeoutMs: this.#timeoutMs })
  }

  /** A line of bash, in which `anneal` is Anneal. */
  shell(line: string): Promise<RunResult> {
    const script = `anneal() { '${ANNEAL}' "$@"; }\n${line}`
    return run(['bash', '-c', script], { env: this.#environment(), timeoutMs: 60_000 })
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

  /** Makes an image by plain requests, as the official client takes seconds to start. Without data where there is no file. */
  async image(
    name: string,
    form: Readonly<{ disk: string; container: string; file?: string }>,
    properties: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const about = { name, disk_format: form.disk, container_format: form.container, visibility: 'public' }
    const made = await this.#glance('POST', '', JSON.stringify({ ...properties, ...about }))
    const { id } = JSON.parse(made) as { id: string }
    if (form.file !== undefined) {
      await this.#glance('PUT', `/${id}/file`, readFileSync(form.file), 'application/octet-stream')
    }
    return id
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
      kernel_cmdline: 'console=ttyS0,115200 root=tmpfs',
    }
    await this.image(name, { disk: 'ami', container: 'ami', file: base }, properties)
  }

  /** Name, state and id of everything in Glance. */
  async images(): Promise<readonly string[]> {
    const { images } = JSON.parse(await this.#glance('GET', '?limit=500')) as {
      images: readonly { id: string; name: string; status: string }[]
    }
    return images.map((one) => `${one.name} ${one.status} ${one.id}`).toSorted()
  }

  async #glance(
    method: string,
    path: string,
    body?: string | Uint8Array<ArrayBuffer>,
    type = 'application/json',
  ): Promise<string> {
    const reply = await fetch(`${this.lab.endpoints.image}/v2/images${path}`, {
      method,
      headers: { 'x-auth-token': await this.lab.token(), 'content-type': type },
      ...(body === undefined ? {} : { body }),
    })
    const text = await reply.text()
    assert.ok(reply.ok, `${method} ${path}: ${reply.status} ${text}`)
    return text
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
