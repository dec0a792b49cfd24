import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { raise } from './errors.ts'
import type { Machine } from './machine.ts'
import type { OpenStackLab } from './openstack-lab.ts'

/** A node as Ironic's API shows it, as far as the test bed looks. */
export type Node = Readonly<{
  uuid: string
  name: string | null
  provision_state: string
  target_provision_state: string | null
  power_state: string | null
  last_error: string | null
  deploy_step: Readonly<{ step?: string }> | null
  clean_step: Readonly<{ step?: string }> | null
  driver_internal_info: Readonly<Record<string, unknown>>
}>

/** One state that a node was in, and for how long. */
export type Stay = Readonly<{ state: string; seconds: number }>

const MICROVERSION = '1.82'

/** Plain requests to the Ironic of a lab that asks for no login: what tests of the test bed itself are made with. */
export class BareMetal {
  readonly lab: OpenStackLab

  constructor(lab: OpenStackLab) {
    this.lab = lab
  }

  /** One request below /v1. Throws LAB_API with the server's words. */
  async request(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const url = `${this.lab.endpoints.bareMetalStandalone}/v1/${path}`
    const response = await fetch(url, {
      method,
      headers: { 'content-type': 'application/json', 'x-openstack-ironic-api-version': MICROVERSION },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    if (!response.ok) throw raise('LAB_API', { request: `${method} ${url}`, status: response.status, text })
    return (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>
  }

  async node(name: string): Promise<Node> {
    return (await this.request('GET', `nodes/${name}`)) as unknown as Node
  }

  /** Registers a machine with its BMC and its network card, and brings it to `available`; the states on the way. */
  async enroll(machine: Machine, driver: 'ipmi' | 'redfish' = 'ipmi'): Promise<readonly Stay[]> {
    const node = await this.request('POST', 'nodes', {
      name: machine.name,
      driver,
      driver_info: driver === 'ipmi' ? ipmiDriverInfo(machine) : redfishDriverInfo(machine),
      properties: {
        cpu_arch: 'x86_64',
        local_gb: machine.diskGiB - 1,
        capabilities: `boot_mode:${machine.firmware}`,
      },
    })
    await this.request('POST', 'ports', { node_uuid: node['uuid'], address: machine.mac })
    return [
      ...(await this.provision(machine.name, 'manage', 'manageable')),
      ...(await this.provision(machine.name, 'provide', 'available')),
    ]
  }

  async patch(name: string, changes: Readonly<Record<string, unknown>>): Promise<void> {
    const operations = Object.entries(changes).map(([path, value]) => ({
      op: 'add',
      path: `/${path.replaceAll('.', '/')}`,
      value,
    }))
    await this.request('PATCH', `nodes/${name}`, operations)
  }

  /** Asks for a state and waits for it; gives the states on the way. Throws LAB_NODE_FAILED. */
  async provision(
    name: string,
    target: string,
    expected: string,
    more: Readonly<Record<string, unknown>> = {},
  ): Promise<readonly Stay[]> {
    await this.request('PUT', `nodes/${name}/states/provision`, { target, ...more })
    return this.waitFor(name, expected)
  }

  /** Waits until a node is in a state and on its way to no other. */
  async waitFor(name: string, expected: string, timeoutMs = 900_000): Promise<readonly Stay[]> {
    const stays: { state: string; seconds: number }[] = []
    const began = performance.now()
    for (let last = began; ;) {
      const node = await this.node(name)
      const step = node.deploy_step?.step ?? node.clean_step?.step
      const state = [
        node.provision_state,
        ...(step === undefined ? [] : [step]),
        node.power_state ?? '-',
      ].join(', ')
      const now = performance.now()
      const stay = stays.at(-1)
      if (stay?.state === state) stay.seconds += (now - last) / 1000
      else stays.push({ state, seconds: 0 })
      last = now
      if (node.provision_state === expected && node.target_provision_state === null) return stays
      const failed = / failed$|^error$/.test(node.provision_state)
      if (failed || now - began > timeoutMs) {
        throw raise('LAB_NODE_FAILED', {
          name,
          expected,
          state: node.provision_state,
          error: node.last_error ?? 'no error',
        })
      }
      await sleep(200)
    }
  }
}

/** How Ironic's ipmi driver reaches a machine. */
function ipmiDriverInfo({ bmc, ipmi }: Machine): Readonly<Record<string, unknown>> {
  return {
    ipmi_address: ipmi.address,
    ipmi_port: ipmi.port,
    ipmi_username: bmc.username,
    ipmi_password: readFileSync(bmc.passwordFile, 'utf8'),
    ipmi_cipher_suite: String(ipmi.cipherSuite),
  }
}

/** How Ironic's redfish driver reaches a machine. */
export function redfishDriverInfo({ bmc, redfish }: Machine): Readonly<Record<string, unknown>> {
  return {
    redfish_address: redfish.address,
    redfish_system_id: redfish.systemId,
    redfish_username: bmc.username,
    redfish_password: readFileSync(bmc.passwordFile, 'utf8'),
  }
}
