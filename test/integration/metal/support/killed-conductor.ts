import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { openSync, closeSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { REPOSITORY } from '../../../../lab/paths.ts'
import type { RackMachine } from './redfish-rack.ts'

const KILLER = join(import.meta.dirname, 'kill-at-write.ts')

export type Ports = Readonly<{ api: number; machines: number }>

/** `anneal metal serve` as a process of its own, without DHCP, which can be told to die at a write to its database. */
export class ServedProcess {
  readonly #child: ChildProcess
  readonly #log: string
  readonly ports: Ports

  private constructor(child: ChildProcess, log: string, ports: Ports) {
    this.#child = child
    this.#log = log
    this.ports = ports
  }

  /** Resolves when it is ready, or has died before. */
  static async start(
    options: Readonly<{
      state: string
      ramdisk: string
      ports: Ports
      log: string
      killAt?: number
    }>,
  ): Promise<ServedProcess> {
    const { state, ramdisk, ports, log, killAt } = options
    const file = openSync(log, 'a')
    const child = spawn(
      process.execPath,
      [
        ...(killAt === undefined ? [] : [`--import=${KILLER}`]),
        '--disable-warning=ExperimentalWarning',
        join(REPOSITORY, 'src/cli/main.ts'),
        'metal',
        'serve',
        '--state',
        state,
        '--listen',
        `127.0.0.1:${ports.api}`,
        '--machines',
        `127.0.0.1:${ports.machines}`,
        '--ramdisk-dir',
        ramdisk,
        '--dhcp=none',
        '--power-sync=never',
      ],
      {
        stdio: ['ignore', file, file],
        env: {
          ...process.env,
          NODE_COMPILE_CACHE: '/var/cache/anneal',
          ...(killAt === undefined ? {} : { KILL_AT_WRITE: String(killAt) }),
        },
      },
    )
    closeSync(file)
    const served = new ServedProcess(child, log, ports)
    const from = readFileSync(log, 'utf8').length
    for (const sinceMs = Date.now(); !served.isDead; await sleep(20)) {
      if (readFileSync(log, 'utf8').slice(from).includes('ready: operators')) break
      assert.ok(Date.now() - sinceMs < 180_000, served.words)
    }
    return served
  }

  get isDead(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null
  }

  get words(): string {
    return readFileSync(this.#log, 'utf8').slice(-4000)
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    while (!this.isDead) await sleep(10)
  }

  /** Asks its API. undefined: nobody answered. */
  async ask(method: string, path: string, body?: unknown): Promise<Response | undefined> {
    try {
      return await fetch(`http://127.0.0.1:${this.ports.api}/v1${path}`, {
        method,
        headers: { 'x-openstack-ironic-api-version': '1.82', 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
    } catch {
      return undefined
    }
  }
}

export async function freePorts(): Promise<Ports> {
  const free = (): Promise<number> =>
    new Promise((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => {
        const { port } = server.address() as AddressInfo
        server.close(() => resolve(port))
      })
    })
  return { api: await free(), machines: await free() }
}

const PAUSE_MS = 100

/** Plays a machine: its firmware gives up where nobody answers, as PXE does; its ramdisk asks again, as ours does. */
export class PlayedMachine {
  readonly words: string[] = []
  readonly #machine: RackMachine
  readonly #ports: Ports
  #life = 0
  pieces = 0
  /** What a boot from the disk found: `nothing`, `half`, `whole`. */
  booted: string[] = []
  #disk: 'nothing' | 'half' | 'whole' = 'nothing'

  constructor(machine: RackMachine, ports: Ports) {
    this.#machine = machine
    this.#ports = ports
  }

  /** As it comes from the maker: nothing runs on it, and nothing is on its disk. */
  reset(): void {
    this.#life += 1
    this.#disk = 'nothing'
    this.words.length = 0
    this.booted.length = 0
  }

  /** Called when its BMC switches it on. */
  start(): void {
    this.#life += 1
    void this.#run(this.#life).catch((error: unknown) => this.words.push(String(error)))
  }

  #isOn(life: number): boolean {
    return this.#machine.isOn && this.#life === life
  }

  async #run(life: number): Promise<void> {
    await sleep(PAUSE_MS)
    if (!this.#isOn(life)) return
    if (this.#machine.boot !== 'Pxe') {
      this.words.push(`boots its disk: ${this.#disk}`)
      this.booted.push(this.#disk)
      return
    }
    const url = `http://127.0.0.1:${this.#ports.machines}`
    const script = await fetch(`${url}/boot/ipxe?mac=${this.#machine.mac}`)
      .then((answer) => answer.text())
      .catch(() => undefined)
    const token = /anneal\.token=(\S+)/.exec(script ?? '')?.[1]
    if (token === undefined) {
      this.words.push(`its firmware gives up: ${script === undefined ? 'nobody answers' : script}`)
      return
    }
    await this.#ramdisk(life, url, token)
  }

  async #ramdisk(life: number, url: string, first: string): Promise<void> {
    this.words.push('the ramdisk runs')
    let token = first
    const ask = async (path: string, body?: string): Promise<string> => {
      for (;;) {
        if (!this.#isOn(life)) throw new Error('it was switched off')
        const answer = await fetch(`${url}/ramdisk/${path}`, {
          headers: { 'x-anneal-token': token },
          ...(body === undefined ? {} : { method: 'POST', body }),
        }).catch(() => undefined)
        const text = await answer?.text().catch(() => undefined)
        if (answer?.ok === true && text !== undefined) return text
        if (answer !== undefined && answer.status >= 400 && answer.status < 500) {
          if (this.#isOn(life)) this.#machine.isOn = false
          throw new Error(`${path} was refused with ${answer.status}: it powers off`)
        }
        await sleep(PAUSE_MS)
      }
    }
    const order = await ask('hello', reportOf(this.#machine.mac))
    token = /^token (\S+)$/m.exec(order)?.[1] ?? assert.fail(order)
    const pieces = Number(/^pieces (\d+)$/m.exec(order)?.[1] ?? 0)
    this.words.push(order.includes('task wipe') ? 'wipes' : `writes ${pieces} pieces`)
    if (order.includes('task wipe')) this.#disk = 'nothing'
    else this.#disk = 'half'
    for (let index = 0; index < pieces; index += 1) {
      await ask(`piece/${index}`)
      await ask('progress', `written ${index}\n`)
      this.pieces += 1
    }
    if (pieces > 0) this.#disk = 'whole'
    this.words.push(
      `says done: ${(await ask('done', pieces > 0 ? 'written 4\n' : 'wiped vda blkdiscard\n')).trim()}`,
    )
    if (this.#isOn(life)) this.#machine.isOn = false
  }
}

function reportOf(mac: string): string {
  return `version 1
firmware bios
architecture x86_64
memory-mib 1024
cpus 1
system-uuid ${mac.replaceAll(':', '')}
nic mac=${mac} name=eth0 carrier=1
disk name=vda bytes=8589934592 sector=512 rotational=0
`
}
