import { createHash } from 'node:crypto'
import { FakeCloud, keystone } from '../../../src/adapters/openstack/testing/fake-cloud.ts'
import type { FakeAnswer, SeenRequest } from '../../../src/adapters/openstack/testing/fake-cloud.ts'

type Members = Record<string, unknown>

/** What a node shows, one look after the other, once a verb was asked for. */
const COURSE: Readonly<Record<string, readonly string[]>> = {
  manage: ['manageable'],
  inspect: ['inspecting', 'manageable'],
  provide: ['cleaning', 'available'],
  active: ['deploying', 'active'],
  deleted: ['deleting', 'available'],
}

const UUID = '11111111-1111-4111-8111-111111111111'

/** Keystone, one machine of Ironic, and Glance, over HTTP: as far as the commands ask them. */
export class FakeOpenStack {
  /** Called with each look at the machine. */
  onLook: () => void = () => undefined
  readonly #cloud: FakeCloud
  readonly #images = new Map<string, Members>()
  readonly #ports: Members[] = []
  #node: Members | undefined
  #pending: string[] = []
  #created = 0

  private constructor(cloud: FakeCloud) {
    this.#cloud = cloud
    cloud.add(
      keystone(
        ['baremetal', 'image', 'compute'].map((type) => ({ type, url: `${cloud.url}/${type}` })),
        {},
      ),
    )
    cloud.add((request) => this.#answer(request))
  }

  static async start(): Promise<FakeOpenStack> {
    return new FakeOpenStack(await FakeCloud.start())
  }

  /** The OS_ variables that lead to it. */
  get environment(): Readonly<Record<string, string>> {
    return {
      OS_AUTH_URL: `${this.#cloud.url}/v3`,
      OS_USERNAME: 'tester',
      OS_PASSWORD: 'secret',
      OS_PROJECT_NAME: 'demo',
      OS_USER_DOMAIN_NAME: 'Default',
      OS_PROJECT_DOMAIN_NAME: 'Default',
    }
  }

  /** Leaves the newest image as a push does whose bytes are still under way. */
  holdNewestImage(): void {
    const image = [...this.#images.values()].at(-1)
    if (image === undefined) throw new TypeError('there is no image')
    this.#images.set(String(image['id']), { ...image, status: 'saving', anneal_state: 'uploading' })
  }

  stop(): Promise<void> {
    return this.#cloud.stop()
  }

  #answer(request: SeenRequest): FakeAnswer | undefined {
    const [, service, ...path] = request.path.split('/')
    // A responder is asked before the body is read, too.
    if (request.method !== 'GET' && request.method !== 'DELETE' && request.body.length === 0) return undefined
    if (service === 'baremetal') return this.#ironic(request, path.slice(1))
    if (service === 'image') return this.#glance(request, path.slice(2))
    return undefined
  }

  #ironic({ method, body }: SeenRequest, path: readonly string[]): FakeAnswer | undefined {
    const headers = { 'x-openstack-ironic-api-maximum-version': '1.82' }
    const json = body.length === 0 ? {} : (JSON.parse(body.toString()) as Members)
    const what = `${method} ${path.map((one, index) => (path[0] === 'nodes' && index === 1 ? 'NODE' : one)).join('/')}`
    switch (what) {
      case 'GET ':
        return { headers, json: { id: 'v1' } }
      case 'GET nodes/NODE':
        // The list is a member of that name.
        return path[1] === 'detail'
          ? { json: { nodes: this.#node === undefined ? [] : [this.#node] } }
          : this.#look(path[1])
      case 'POST nodes':
        this.#node = {
          uuid: UUID,
          provision_state: 'enroll',
          power_state: 'power off',
          maintenance: false,
          console_enabled: false,
          instance_info: {},
          traits: [],
          ...json,
        }
        return { json: this.#node }
      case 'PATCH nodes/NODE':
        for (const change of json as unknown as Members[]) this.#change(change)
        return { json: this.#node }
      case 'PUT nodes/NODE/states/provision':
        this.#pending = [...(COURSE[String(json['target'])] ?? [])]
        this.#pass()
        return { status: 202, text: '' }
      case 'PUT nodes/NODE/states/power':
        this.#node = { ...this.#node, power_state: 'power on' }
        return { status: 202, text: '' }
      case 'PUT nodes/NODE/traits':
        this.#node = { ...this.#node, traits: json['traits'] }
        return { status: 204, text: '' }
      case 'GET nodes/NODE/validate':
        return { json: Object.fromEntries(['boot', 'deploy', 'power'].map((one) => [one, { result: true }])) }
      case 'GET ports':
        return { json: { ports: this.#ports } }
      case 'POST ports':
        this.#ports.push({ uuid: `port-${this.#ports.length}`, pxe_enabled: true, ...json })
        return { json: this.#ports.at(-1) }
      case 'GET drivers/fake-hardware':
        return { json: { enabled_deploy_interfaces: ['direct', 'ramdisk'] } }
      default:
        return undefined
    }
  }

  #look(name: string | undefined): FakeAnswer {
    if (this.#node === undefined || ![UUID, this.#node['name']].includes(name))
      return { status: 404, json: { error_message: 'no such node' } }
    const answer = { json: this.#node }
    this.onLook()
    this.#pass()
    return answer
  }

  #pass(): void {
    const next = this.#pending.shift()
    if (next !== undefined) this.#node = { ...this.#node, provision_state: next }
  }

  #change({ op, path, value }: Members): void {
    const [, member = '', name] = String(path).split('/')
    if (name === undefined) {
      this.#node = { ...this.#node, [member]: value }
      return
    }
    const { [name]: _, ...rest } = (this.#node?.[member] ?? {}) as Members
    this.#node = { ...this.#node, [member]: op === 'remove' ? rest : { ...rest, [name]: value } }
  }

  #glance({ method, body }: SeenRequest, [id, file]: readonly string[]): FakeAnswer | undefined {
    const image = id === undefined ? undefined : this.#images.get(id)
    switch (`${method} ${id === undefined ? '' : 'IMAGE'}${file === undefined ? '' : `/${file}`}`) {
      case 'GET ':
        return { json: { images: [...this.#images.values()] } }
      case 'POST ': {
        this.#created += 1
        const at = new Date(Date.UTC(2026, 0, 1, 0, this.#created)).toISOString()
        const made = {
          id: `00000000-0000-4000-8000-${String(this.#created).padStart(12, '0')}`,
          status: 'queued',
          min_disk: 0,
          min_ram: 0,
          tags: [],
          created_at: at,
          updated_at: at,
          ...(JSON.parse(body.toString()) as Members),
        }
        this.#images.set(made.id, made)
        return { status: 201, json: made }
      }
      case 'GET IMAGE':
        return image === undefined ? { status: 404, text: '' } : { json: image }
      case 'PUT IMAGE/file': {
        const hash = createHash('sha512').update(body).digest('hex')
        const held = { status: 'active', size: body.length, os_hash_algo: 'sha512', os_hash_value: hash }
        this.#images.set(id ?? '', { ...image, ...held })
        return { status: 204, text: '' }
      }
      case 'PATCH IMAGE': {
        const changes = JSON.parse(body.toString()) as Members[]
        const set = Object.fromEntries(changes.map((one) => [String(one['path']).slice(1), one['value']]))
        this.#images.set(id ?? '', { ...image, ...set })
        return { json: this.#images.get(id ?? '') }
      }
      case 'DELETE IMAGE':
        this.#images.delete(id ?? '')
        return { status: 204, text: '' }
      default:
        return undefined
    }
  }
}
