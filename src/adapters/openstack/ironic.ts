import { setTimeout as sleep } from 'node:timers/promises'
import { isAnnealError, isObject } from '../../core/index.ts'
import type { MetalNode } from '../../metal/index.ts'
import type { NetworkPort } from '../../ports/index.ts'
import type { BareMetal } from './bare-metal.ts'
import { raise } from './errors.ts'
import type { Fields } from './fields.ts'
import { metalNode } from './ironic-node.ts'
import { agreedOnce, isBelow, parseVersion, tooOld } from './microversion.ts'
import type { Version } from './microversion.ts'
import type { ServiceReply, ServiceRequest, Session } from './session.ts'

/**
 * The newest version that Anneal asks for, and the oldest with all that it always needs (a config drive as JSON). What
 * needs more is asked for only where it is spoken; docs/metal.md has the table.
 * https://docs.openstack.org/ironic/latest/contributor/webapi-version-history.html
 */
const NEWEST = [1, 95] as const
const OLDEST = [1, 56] as const
/** The oldest that lets a deployment choose its steps. */
const WITH_STEPS = [1, 69] as const
/** The oldest in which a node can have a parent, whose children a list leaves out unless they are asked for. */
const WITH_PARENTS = [1, 83] as const

/** Ironic 26.1. From there to 39 a `rebuild` without image_source ends in an UnboundLocalError (conductor/deployments.py). */
const WANTS_IMAGE = [1, 93] as const

/** Ironic 29. No version of the API says it: images of OCI registries came with that release. */
const WITH_ARTIFACTS = [1, 96] as const

/** Ironic 29 and 35: the newest with the parser of kernel arguments of the stable branches, the oldest with Ironic’s own. */
const LAST_BACKPORT = [1, 96] as const
const OWN_PARSER = [1, 111] as const

/** How often, and how long between, a request is sent to a node that a conductor holds. */
const LOCKED_ATTEMPTS = 15
const LOCKED_WAIT_MS = 1000

type MetalRequest = Omit<ServiceRequest, 'service'>

/** The Bare Metal API v1 (https://docs.openstack.org/api-ref/baremetal/), as far as Anneal needs it. */
export function ironic(session: Session, options: Readonly<{ lockedWaitMs?: number }> = {}): BareMetal {
  const newest = agreedOnce(() => newestOffered(session))
  const version = agreedOnce(async () => negotiate(await newest()))

  const need = async (least: Version, action: string): Promise<void> => {
    const spoken = await version()
    if (isBelow(spoken, least)) throw tooOld('Ironic', action, spoken, least)
  }

  const once = async (request: MetalRequest): Promise<ServiceReply> =>
    session.send({
      ...request,
      service: 'baremetal',
      headers: { 'x-openstack-ironic-api-version': (await version()).join('.'), ...request.headers },
    })

  /** A node that a conductor works on refuses everything: nothing was done, so the request is sent again. */
  const send = async (request: MetalRequest): Promise<ServiceReply> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await once(request)
      } catch (error) {
        const locked = isAnnealError(error, 'OPENSTACK_CONFLICT') && /is locked by host/.test(error.message)
        if (!locked || attempt >= LOCKED_ATTEMPTS) throw error
        await sleep(options.lockedWaitMs ?? LOCKED_WAIT_MS)
      }
    }
  }

  async function pages(path: string, name: string, action: string, query: MetalRequest['query']) {
    const found: Fields[] = []
    for (let marker: string | undefined; ;) {
      const reply = await once({ method: 'GET', path, action, query: { ...query, marker } })
      const body = reply.json()
      const items = body.list(name)
      found.push(...items)
      const last = items.at(-1)?.text('uuid')
      if (last === undefined || last === marker || body.optionalText('next') === undefined) return found
      marker = last
    }
  }

  /** A list may leave out what a direct read shows: ports name the nodes that they belong to. */
  async function nodesWithPorts(action: string): Promise<readonly MetalNode[]> {
    const ports = await orHidden(pages('/v1/ports', 'ports', action, { detail: 'True' }))
    if (ports === 'hidden') return []
    const uuids = [...new Set(ports.flatMap((one) => one.optionalText('node_uuid') ?? []))]
    const found = await Promise.all(uuids.map((uuid) => node(uuid)))
    return found.filter((one) => one !== undefined)
  }

  /**
   * Ironic 29.0.0 to 29.0.5 makes a node its own parent with every change. It then waits for its own lock when it switches
   * the node on to deploy or to clean it, and gives up. A node with a power supply of its own does not wait for its parent.
   */
  async function ownPower(uuid: string): Promise<MetalNode> {
    const reply = await send({
      method: 'PATCH',
      path: nodePath(uuid),
      action: `give node "${uuid}", which Ironic takes for its own parent, a power supply of its own`,
      json: [{ op: 'add', path: `/driver_info/${OWN_POWER}`, value: true }],
      idempotent: true,
    })
    return metalNode(reply.json())
  }

  async function node(nameOrUuid: string): Promise<MetalNode | undefined> {
    const reply = await once({
      method: 'GET',
      path: nodePath(nameOrUuid),
      action: `read node "${nameOrUuid}"`,
      accept: [404],
    })
    return reply.status === 404 ? undefined : metalNode(reply.json())
  }

  return {
    version: async () => (await version()).join('.'),
    async viewer() {
      const { who, scope } = await session.login()
      return { who, isLimited: scope !== 'system' && scope !== 'standalone' }
    },
    async nodes() {
      const action = 'list the nodes'
      const children = isBelow(await version(), WITH_PARENTS) ? {} : { include_children: 'True' }
      const query = { sort_key: 'uuid', ...children }
      const listed = (await pages('/v1/nodes/detail', 'nodes', action, query)).map((one) => metalNode(one))
      return listed.length > 0 ? listed : nodesWithPorts(action)
    },
    node,
    async createNode(spec) {
      const reply = await send({
        method: 'POST',
        path: '/v1/nodes',
        action: `enroll node "${spec.name}"`,
        secrets: spec.secrets,
        json: {
          name: spec.name,
          driver: spec.driver,
          driver_info: spec.driverInfo,
          properties: spec.properties,
          extra: spec.extra,
          resource_class: spec.resourceClass,
          ...spec.interfaces,
        },
      })
      return metalNode(reply.json())
    },
    async changeNode(uuid, changes, secrets = []) {
      const reply = await send({
        method: 'PATCH',
        path: nodePath(uuid),
        action: `change node "${uuid}"`,
        json: changes,
        secrets,
        // Members are set to what they shall be: once or twice is the same.
        idempotent: changes.every((one) => one.op !== 'remove'),
      })
      const changed = metalNode(reply.json())
      return waitsForItself(changed) ? ownPower(uuid) : changed
    },
    async removeNode(uuid) {
      await send({
        method: 'DELETE',
        path: nodePath(uuid),
        action: `remove node "${uuid}"`,
        idempotent: true,
        accept: [404],
      })
    },
    ports: async (uuid) =>
      (
        await pages('/v1/ports', 'ports', `list the ports of node "${uuid}"`, { node: uuid, detail: 'True' })
      ).map((one) => networkPort(one)),
    async createPort(nodeUuid, port) {
      const reply = await send({
        method: 'POST',
        path: '/v1/ports',
        action: `add port ${port.address} to node "${nodeUuid}"`,
        json: { node_uuid: nodeUuid, address: port.address, pxe_enabled: port.pxeEnabled },
      })
      return networkPort(reply.json())
    },
    async setTraits(uuid, traits) {
      await send({
        method: 'PUT',
        path: `${nodePath(uuid)}/traits`,
        action: `set the traits of node "${uuid}"`,
        json: { traits },
        idempotent: true,
      })
    },
    async validate(uuid) {
      const reply = await send({
        method: 'GET',
        path: `${nodePath(uuid)}/validate`,
        action: `validate node "${uuid}"`,
      })
      const body = reply.json()
      return body.keys.map((name) => {
        const one = body.object(name)
        const reason = one.optionalText('reason')
        // `result` is null where the node has no such interface.
        const ok = one.raw('result') !== false
        return { interface: name, ok, ...(reason === undefined ? {} : { reason }) }
      })
    },
    rebuildsWithoutImage: async () => isBelow(await version(), WANTS_IMAGE),
    takesArtifacts: async () => !isBelow(await newest(), WITH_ARTIFACTS),
    async argumentRules() {
      const offered = await newest()
      if (!isBelow(offered, OWN_PARSER)) return 'from35'
      return isBelow(LAST_BACKPORT, offered) ? undefined : 'upTo29'
    },
    async provision(uuid, verb, { configDrive, skippedSteps = [] } = {}) {
      if (skippedSteps.length > 0) await need(WITH_STEPS, `leave steps of a deployment out`)
      await send({
        method: 'PUT',
        path: `${nodePath(uuid)}/states/provision`,
        action: `ask for "${verb}" of node "${uuid}"`,
        json: {
          target: verb,
          // A step of priority 0 is not done.
          ...(skippedSteps.length === 0
            ? {}
            : { deploy_steps: skippedSteps.map((one) => ({ ...stepNamed(one), args: {}, priority: 0 })) }),
          ...(configDrive === undefined
            ? {}
            : {
                configdrive: {
                  meta_data: configDrive.metaData,
                  user_data: configDrive.userData,
                  network_data: configDrive.networkData,
                },
              }),
        },
      })
    },
    async power(uuid, wanted) {
      await send({
        method: 'PUT',
        path: `${nodePath(uuid)}/states/power`,
        action: `switch node "${uuid}" ${wanted === 'on' ? 'on' : 'off and on'}`,
        json: { target: wanted === 'on' ? 'power on' : 'rebooting' },
        idempotent: wanted === 'on',
      })
    },
    async console(uuid) {
      const reply = await send({
        method: 'GET',
        path: `${nodePath(uuid)}/states/console`,
        action: `read the console of node "${uuid}"`,
      })
      const body = reply.json()
      const info = body.optionalObject('console_info')
      return {
        enabled: body.flag('console_enabled'),
        ...(info === undefined ? {} : { type: info.text('type'), url: info.text('url') }),
      }
    },
    async setConsole(uuid, wanted) {
      await send({
        method: 'PUT',
        path: `${nodePath(uuid)}/states/console`,
        action: `switch the console of node "${uuid}" ${wanted}`,
        json: { enabled: wanted === 'on' },
        idempotent: true,
      })
    },
    async listen(uuid, signal) {
      return session.stream({
        method: 'GET',
        path: `${nodePath(uuid)}/console`,
        action: `read the console of node "${uuid}"`,
        service: 'baremetal',
        headers: { 'x-openstack-ironic-api-version': (await version()).join('.') },
        patience: 'endless',
        signal,
      })
    },
    async driver(name) {
      // Drivers are for system scope alone, where Ironic enforces scopes: what deploys needs no such login.
      const reply = await orHidden(
        once({
          method: 'GET',
          path: `/v1/drivers/${encodeURIComponent(name)}`,
          action: `read driver "${name}"`,
          accept: [404],
        }),
      )
      if (reply === 'hidden') return reply
      if (reply.status === 404) return undefined
      return { name, deployInterfaces: reply.json().texts('enabled_deploy_interfaces') }
    },
  }
}

async function orHidden<T>(answer: Promise<T>): Promise<T | 'hidden'> {
  try {
    return await answer
  } catch (error) {
    if (isAnnealError(error, 'OPENSTACK_FORBIDDEN') || isAnnealError(error, 'OPENSTACK_SCOPE'))
      return 'hidden'
    throw error
  }
}

const OWN_POWER = 'has_dedicated_power_supply'

function waitsForItself({ uuid, parentUuid, driverInfo }: MetalNode): boolean {
  return parentUuid === uuid && driverInfo[OWN_POWER] !== true
}

function nodePath(nameOrUuid: string): string {
  return `/v1/nodes/${encodeURIComponent(nameOrUuid)}`
}

/** `deploy.boot_instance` is the step boot_instance of the interface deploy. */
function stepNamed(name: string): Readonly<{ interface: string; step: string }> {
  const dot = name.indexOf('.')
  return { interface: name.slice(0, dot), step: name.slice(dot + 1) }
}

function linkIn(value: unknown): Pick<NetworkPort, 'link'> {
  if (!isObject(value)) return {}
  const text = (name: string, key: string) => (typeof value[name] === 'string' ? { [key]: value[name] } : {})
  const link = {
    ...text('switch_id', 'switchId'),
    ...text('port_id', 'portId'),
    ...text('switch_info', 'switchInfo'),
  }
  return Object.keys(link).length === 0 ? {} : { link }
}

function networkPort(fields: Fields): NetworkPort {
  return {
    uuid: fields.text('uuid'),
    address: fields.text('address'),
    pxeEnabled: fields.raw('pxe_enabled') !== false,
    ...linkIn(fields.raw('local_link_connection')),
  }
}

const NEGOTIATING = 'agree on a version of the API'

/** The newest version that both sides speak. */
function negotiate(offered: Version): Version {
  if (isBelow(offered, OLDEST)) throw tooOld('Ironic', NEGOTIATING, offered, OLDEST)
  return isBelow(offered, NEWEST) ? offered : NEWEST
}

/** The answer to any request says the server's range in its headers. */
async function newestOffered(session: Session): Promise<Version> {
  const action = NEGOTIATING
  const reply = await session.send({ service: 'baremetal', action, method: 'GET', path: '/v1' })
  const header = reply.headers['x-openstack-ironic-api-maximum-version']
  const offered = parseVersion(typeof header === 'string' ? header : '')
  if (offered === undefined) {
    throw raise('OPENSTACK_REPLY_INVALID', {
      service: 'Ironic',
      url: await session.endpoint('baremetal', action),
      where: 'the header X-OpenStack-Ironic-API-Maximum-Version',
      found: typeof header === 'string' ? 'no version' : 'absent',
      expected: 'a version such as 1.82',
    })
  }
  return offered
}
