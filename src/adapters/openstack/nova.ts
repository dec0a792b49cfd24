import type { Flavor, Server } from '../../metal/index.ts'
import type { Compute, ServerSpec } from '../../ports/index.ts'
import { raise } from './errors.ts'
import type { Fields } from './fields.ts'
import { agreedOnce, isBelow, parseVersion, tooOld } from './microversion.ts'
import type { Version } from './microversion.ts'
import type { ServiceReply, ServiceRequest, Session } from './session.ts'
import { isUuid } from './uuid.ts'

/** The newest version that Anneal was written against (2023.1), and the oldest with all that it needs (host by name). */
const NEWEST = [2, 93] as const
const OLDEST = [2, 74] as const

type ComputeRequest = Omit<ServiceRequest, 'service'>

const PAGE = '200'

/** The Compute API v2.1 (https://docs.openstack.org/api-ref/compute/), as far as Anneal needs it. */
export function nova(session: Session): Compute {
  const version = agreedOnce(() => negotiate(session))

  const send = async (request: ComputeRequest): Promise<ServiceReply> =>
    session.send({
      ...request,
      service: 'compute',
      path: `/v2.1${request.path}`,
      headers: { 'openstack-api-version': `compute ${(await version()).join('.')}`, ...request.headers },
    })

  async function pages(path: string, name: string, action: string, query: ComputeRequest['query'] = {}) {
    const found: Fields[] = []
    for (let marker: string | undefined; ;) {
      const reply = await send({ method: 'GET', path, action, query: { ...query, limit: PAGE, marker } })
      const items = reply.json().list(name)
      found.push(...items)
      const last = items.at(-1)?.text('id')
      // The server may allow fewer a page than asked for; its list ends with an empty one.
      if (last === undefined || last === marker) return found
      marker = last
    }
  }

  return {
    async flavor(nameOrId) {
      const flavors = await pages('/flavors/detail', 'flavors', 'list the flavors', { is_public: 'None' })
      const fitting = flavors.filter((one) => one.text('id') === nameOrId)
      const named = fitting.length > 0 ? fitting : flavors.filter((one) => one.text('name') === nameOrId)
      const [first] = named
      if (first === undefined) {
        throw raise('OPENSTACK_NAME_UNKNOWN', { what: 'flavor', name: nameOrId, service: 'Nova' })
      }
      if (named.length > 1) {
        const ids = named.map((one) => one.text('id'))
        throw raise('OPENSTACK_AMBIGUOUS', { what: 'flavor', name: nameOrId, ids })
      }
      return flavor(first)
    },
    async marked(name, value) {
      const all = await pages('/servers/detail', 'servers', 'list the servers', {
        sort_key: 'created_at',
        sort_dir: 'asc',
      })
      return all.map((one) => server(one)).filter((one) => one.metadata[name] === value)
    },
    async server(id) {
      const reply = await send({
        method: 'GET',
        path: serverPath(id),
        action: `read server "${id}"`,
        accept: [404],
      })
      return reply.status === 404 ? undefined : server(reply.json().object('server'))
    },
    async createServer(spec) {
      const reply = await send({
        method: 'POST',
        path: '/servers',
        action: `create server "${spec.name}"`,
        json: { server: bodyOf(spec) },
        secrets: spec.secrets,
      })
      return reply.json().object('server').text('id')
    },
    async removeServer(id) {
      await send({
        method: 'DELETE',
        path: serverPath(id),
        action: `remove server "${id}"`,
        idempotent: true,
        accept: [404],
      })
    },
    async startServer(id) {
      await send({
        method: 'POST',
        path: `${serverPath(id)}/action`,
        action: `start server "${id}"`,
        json: { 'os-start': null },
      })
    },
    async hasKey(name) {
      const reply = await send({
        method: 'GET',
        path: `/os-keypairs/${encodeURIComponent(name)}`,
        action: `read key pair "${name}"`,
        accept: [404],
      })
      return reply.status !== 404
    },
    async keepKey(name, publicKey) {
      await send({
        method: 'POST',
        path: '/os-keypairs',
        action: `register key pair "${name}"`,
        json: { keypair: { name, public_key: publicKey, type: 'ssh' } },
        accept: [409],
      })
    },
  }
}

function serverPath(id: string): string {
  return `/servers/${encodeURIComponent(id)}`
}

function flavor(fields: Fields): Flavor {
  const specs = fields.optionalObject('extra_specs')
  return {
    id: fields.text('id'),
    name: fields.text('name'),
    diskGb: fields.number('disk'),
    ...(specs === undefined ? {} : { extraSpecs: textsOf(specs) }),
  }
}

function server(fields: Fields): Server {
  const task = fields.optionalText('OS-EXT-STS:task_state')
  const fault = fields.optionalObject('fault')?.optionalText('message')
  return {
    id: fields.text('id'),
    name: fields.text('name'),
    status: fields.text('status'),
    metadata: textsOf(fields.object('metadata')),
    createdAt: fields.text('created'),
    ...(task === undefined ? {} : { task }),
    ...(fault === undefined ? {} : { fault }),
  }
}

function textsOf(fields: Fields): Readonly<Record<string, string>> {
  return Object.fromEntries(fields.keys.map((key) => [key, fields.text(key)]))
}

function bodyOf(spec: ServerSpec): object {
  const { networks } = spec
  return {
    name: spec.name,
    imageRef: spec.image,
    flavorRef: spec.flavor,
    // The hypervisor of a bare-metal server is the node itself (2.74).
    hypervisor_hostname: spec.node,
    networks: typeof networks === 'string' ? networks : networks.map((uuid) => ({ uuid })),
    key_name: spec.key,
    config_drive: spec.configDrive === 'wanted',
    user_data: spec.userData === undefined ? undefined : Buffer.from(spec.userData).toString('base64'),
    metadata: spec.metadata,
  }
}

/** What is no uuid cannot be a network's id: Nova knows networks by nothing else. */
export function isNetworkId(text: string): boolean {
  return isUuid(text)
}

/** The newest version that both sides speak. The root of the API tells the server's range. */
async function negotiate(session: Session): Promise<Version> {
  const action = 'agree on a version of the API'
  const reply = await session.send({ service: 'compute', action, method: 'GET', path: '/v2.1/' })
  const told = reply.json().object('version').text('version')
  // A Nova without microversions tells an empty one.
  const offered = parseVersion(told) ?? [2, 0]
  if (isBelow(offered, OLDEST)) throw tooOld('Nova', action, offered, OLDEST)
  return isBelow(offered, NEWEST) ? offered : NEWEST
}
