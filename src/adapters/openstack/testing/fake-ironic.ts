import { isObject } from '../../../core/index.ts'
import type { FakeAnswer, Responder, SeenRequest } from './fake-cloud.ts'

type Members = Readonly<Record<string, unknown>>
type Patch = readonly Readonly<{ op: string; path: string; value?: unknown }>[]
type Provision = Readonly<{
  target: string
  deploy_steps?: readonly Readonly<{ step: string; priority: number }>[]
}>

/** The state in which each verb ends, where this Ironic carries it out. */
const ENDS: Readonly<Record<string, string>> = {
  manage: 'manageable',
  inspect: 'inspecting',
  provide: 'available',
  abort: 'inspect failed',
}

const POWER: Readonly<Record<string, string>> = { 'power on': 'power on', rebooting: 'power restarted' }

/**
 * An Ironic with the nodes that a test gives it. It applies JSON patches (RFC 6902) as Ironic does, where what is not there cannot
 * be removed, and shows asterisks for passwords. What does not end by itself ends when the test says so.
 */
export class FakeIronic {
  readonly nodes: Members[]
  readonly ports: Members[] = []
  readonly requests: SeenRequest[] = []
  /** A place that Ironic gives for a console that is on. */
  consoleUrl = 'tcp://192.0.2.9:10023'

  constructor(...nodes: readonly Members[]) {
    this.nodes = nodes.map((one) => ({ ...SHOWN, ...one }))
  }

  node(nameOrUuid = 'node0'): Members {
    const found = this.nodes.find(({ name, uuid }) => name === nameOrUuid || uuid === nameOrUuid)
    if (found === undefined) throw new TypeError(`no node ${nameOrUuid}`)
    return found
  }

  /** What was asked of nodes, in order: verbs, `prepare`, `power on`; of registrations `create`, `port`, `traits`. */
  get asked(): readonly string[] {
    return this.requests.map(told)
  }

  /** Whether the last deployment leaves its machine off. */
  get leftOff(): boolean {
    const deploy = this.requests.findLast((one) => one.path.endsWith('/provision'))
    const { deploy_steps: steps = [] } = deploy === undefined ? {} : (bodyOf(deploy) as Provision)
    return steps.some(({ step, priority }) => step === 'boot_instance' && priority === 0)
  }

  /** Ends what is under way. */
  settle(): void {
    for (const { uuid, provision_state: state } of this.nodes) {
      if (state === 'inspecting') this.#keep(String(uuid), { provision_state: 'manageable' })
    }
  }

  readonly respond: Responder = (request) => {
    const { method, path } = request
    if (path === '/v1') {
      return { json: { id: 'v1' }, headers: { 'x-openstack-ironic-api-maximum-version': '1.95' } }
    }
    if (method === 'GET') return this.#read(path, request)
    // A responder is asked twice: before the body is read, too.
    if (request.body.length === 0) return { status: 400, text: 'no body' }
    this.requests.push(request)
    return this.#change(method, path, bodyOf(request))
  }

  #read(path: string, { query }: SeenRequest): FakeAnswer | undefined {
    if (path === '/v1/nodes/detail') return { json: { nodes: this.nodes.map(masked) } }
    if (path === '/v1/drivers/ipmi')
      return { json: { name: 'ipmi', enabled_deploy_interfaces: ['direct', 'ramdisk'] } }
    if (path === '/v1/ports') {
      const wanted = query.get('node')
      return { json: { ports: this.ports.filter((one) => wanted === null || one['node_uuid'] === wanted) } }
    }
    const [, name = '', rest] = /^\/v1\/nodes\/([^/]+)(\/.*)?$/.exec(path) ?? []
    const node = this.nodes.find((one) => one['name'] === name || one['uuid'] === name)
    if (node === undefined) return { status: 404, text: 'no such node' }
    if (rest === undefined) return { json: masked(node) }
    if (rest === '/validate') {
      return { json: { power: { result: true }, boot: { result: false, reason: 'no ports' } } }
    }
    if (rest !== '/states/console') return undefined
    const isOn = node['console_enabled'] === true
    const info = { type: 'socat', url: this.consoleUrl }
    return { json: { console_enabled: isOn, console_info: isOn ? info : null } }
  }

  #change(method: string, path: string, body: unknown): FakeAnswer | undefined {
    if (path === '/v1/nodes') {
      const uuid = `22222222-2222-4222-8222-${String(this.nodes.length).padStart(12, '0')}`
      this.nodes.push({ ...SHOWN, provision_state: 'enroll', ...Object(body), uuid })
      return { status: 201, json: masked(this.node(uuid)) }
    }
    if (path === '/v1/ports') {
      const port = { uuid: `port-${this.ports.length}`, ...Object(body) }
      this.ports.push(port)
      return { status: 201, json: port }
    }
    const [, uuid = '', rest] = /^\/v1\/nodes\/([^/]+)(\/.*)?$/.exec(path) ?? []
    if (method === 'PATCH') return this.#patch(uuid, body as Patch)
    if (rest === '/traits') this.#keep(uuid, { traits: (body as Members)['traits'] })
    if (rest === '/states/console') this.#keep(uuid, { console_enabled: (body as Members)['enabled'] })
    const ends = rest === '/states/provision' ? ENDS[(body as Provision).target] : undefined
    if (ends !== undefined) this.#keep(uuid, { provision_state: ends })
    return rest?.startsWith('/states/') === true || rest === '/traits' ? { status: 202 } : undefined
  }

  #patch(uuid: string, steps: Patch): FakeAnswer {
    for (const { op, path, value } of steps) {
      const [, at = '', name] = path.split('/')
      const whole = this.node(uuid)[at]
      if (name === undefined) {
        this.#keep(uuid, { [at]: value })
        continue
      }
      const { [name]: before, ...others } = isObject(whole) ? whole : {}
      if (op === 'remove' && before === undefined) return { status: 400, text: `no member ${name}` }
      this.#keep(uuid, { [at]: op === 'remove' ? others : { ...others, [name]: value } })
    }
    return { json: masked(this.node(uuid)) }
  }

  #keep(uuid: string, members: Members): void {
    const at = this.nodes.indexOf(this.node(uuid))
    this.nodes[at] = { ...this.nodes[at], ...members }
  }
}

/** A request in the words of the contract. */
function told(request: SeenRequest): string {
  const { method, path } = request
  if (method === 'PATCH') return 'prepare'
  if (method === 'POST') return path === '/v1/ports' ? 'port' : 'create'
  if (path.endsWith('/traits')) return 'traits'
  if (path.endsWith('/console')) return 'console'
  const { target } = bodyOf(request) as Provision
  return path.endsWith('/power') ? (POWER[target] ?? target) : target
}

function bodyOf({ body }: SeenRequest): unknown {
  return JSON.parse(body.toString())
}

function masked(node: Members): Members {
  const info = Object.entries(Object(node['driver_info']) as Members)
  const shown = info.map(([name, value]) => [name, name.endsWith('_password') ? '******' : value])
  return { ...node, driver_info: Object.fromEntries(shown) }
}

const SHOWN: Members = {
  provision_state: 'available',
  target_provision_state: null,
  power_state: 'power off',
  target_power_state: null,
  maintenance: false,
  maintenance_reason: null,
  last_error: null,
  reservation: null,
  deploy_step: {},
  clean_step: {},
  driver: 'ipmi',
  driver_info: {},
  properties: {},
  instance_info: {},
  extra: {},
  traits: [],
  console_enabled: false,
  console_interface: 'ipmitool-socat',
  deploy_interface: 'direct',
}
