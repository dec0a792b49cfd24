import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resources, systemPath } from '../../../../lab/openstack/redfish/resources.ts'
import type { BootTarget } from '../../../../lab/openstack/redfish/resources.ts'

/** A machine of the rack: whether it is on, and what its firmware would boot. */
export type RackMachine = {
  readonly id: string
  readonly name: string
  readonly mac: string
  isOn: boolean
  boot: BootTarget
}

/** A machine that was switched on, and when. */
export type SwitchedOn = Readonly<{ machine: RackMachine; atMs: number }>

/** Redfish for machines that nobody built: who switches one on is told to play it. */
export class RedfishRack implements AsyncDisposable {
  readonly machines: readonly RackMachine[]
  readonly switchedOn: SwitchedOn[] = []
  readonly #play: (machine: RackMachine) => void
  readonly #server: Server
  url = ''

  private constructor(machines: readonly RackMachine[], play: (machine: RackMachine) => void) {
    this.machines = machines
    this.#play = play
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  static async start(
    address: string,
    machines: readonly RackMachine[],
    play: (machine: RackMachine) => void,
  ): Promise<RedfishRack> {
    const rack = new RedfishRack(machines, play)
    await new Promise<void>((resolve) => rack.#server.listen(0, address, resolve))
    rack.url = `http://${address}:${(rack.#server.address() as AddressInfo).port}`
    return rack
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const path = (request.url ?? '/').replace(/\/+$/, '')
    const reply = (status: number, body?: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body === undefined ? '' : JSON.stringify(body))
    }
    const machine = this.machines.find(({ id }) => path.includes(id))
    if (request.method === 'GET') {
      const found = resources(this.machines.map(look)).get(path)
      reply(found === undefined ? 404 : 200, found)
      return
    }
    const body = JSON.parse(Buffer.concat(parts).toString() || '{}') as Readonly<{
      ResetType?: string
      Boot?: Readonly<{ BootSourceOverrideTarget?: BootTarget }>
    }>
    if (machine === undefined) return reply(404)
    if (request.method === 'PATCH') machine.boot = body.Boot?.BootSourceOverrideTarget ?? machine.boot
    else if (body.ResetType === 'ForceOff') machine.isOn = false
    else {
      machine.isOn = true
      this.switchedOn.push({ machine, atMs: performance.now() })
      this.#play(machine)
    }
    reply(204)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** How the conductor names it to the service. */
export function systemOf({ id }: RackMachine): string {
  return systemPath(id)
}

function look({ id, name, mac, isOn, boot }: RackMachine) {
  return {
    id,
    name,
    mac,
    isOn,
    cpus: 1,
    memoryMiB: 1024,
    diskGiB: 8,
    firmware: 'bios',
    boot: { target: boot, enabled: 'Continuous' },
    media: undefined,
  } as const
}
