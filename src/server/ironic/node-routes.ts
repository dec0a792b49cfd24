import { Readable } from 'node:stream'
import { isObject } from '../../core/index.ts'
import type { AskOptions, Conductor } from '../../app/conductor/index.ts'
import { VERBS } from '../../conductor/index.ts'
import type { MachineRecord, Members, Verb } from '../../conductor/index.ts'
import type { ConfigDrive } from '../../metal/index.ts'
import type { Request, Routes } from '../route.ts'
import { ACCEPTED, NO_CONTENT, fault, json } from './json-reply.ts'
import { newNode } from './create-node.ts'
import { listed, membersOf } from './listing.ts'
import { inventoryDocument } from './inventory-document.ts'
import { linksOf, nodeDocument } from './node-document.ts'
import { EXAMPLE_MACHINE, NODE_FILTERS, SHORT_NODE } from './node-filters.ts'
import { patchNode } from './patch-node.ts'
import { fieldsOf, invalid, objectOf, parsed } from './read-request.ts'
import { traitRoutes } from './trait-routes.ts'

/** `/v1/nodes` of Ironic’s API. */
export function nodeRoutes(conductor: Conductor, url: string): Routes {
  const { machines } = conductor
  const document = (machine: MachineRecord): Members => nodeDocument(machine, conductor, url)
  const named = ({ parts }: Request): MachineRecord => machines.find(parts['node'] ?? '')

  const list = (request: Request, whole?: true) =>
    listed(request, {
      name: 'nodes',
      resources: machines.all().map(document),
      example: document(EXAMPLE_MACHINE),
      short: SHORT_NODE,
      filters: NODE_FILTERS,
      url,
      ...(whole === undefined ? {} : { whole }),
    })
  /** A list that is empty for every node that is there. */
  const emptyOf = (name: string) => (request: Request) => {
    named(request)
    return json(200, { [name]: [] })
  }

  return {
    'GET /v1/nodes': (request) => list(request),
    'GET /v1/nodes/detail': (request) => list(request, true),
    'POST /v1/nodes': async (request) =>
      json(201, document(machines.create(newNode(objectOf(await request.text()))))),
    'GET /v1/nodes/{node}': (request) => {
      const whole = document(named(request))
      const fields = fieldsOf(request, whole)
      return json(200, fields === undefined ? whole : membersOf(whole, fields))
    },
    'PATCH /v1/nodes/{node}': async (request) => {
      const steps: unknown = parsed(await request.text())
      const machine = named(request)
      conductor.refuseBusy(machine, 'change')
      return json(200, document(machines.save(patchNode(machine, steps))))
    },
    'DELETE /v1/nodes/{node}': async (request) => {
      const machine = named(request)
      conductor.refuseBusy(machine, 'remove')
      machines.remove(machine)
      await conductor.portsChanged()
      return NO_CONTENT
    },
    'GET /v1/nodes/{node}/children': (request) => {
      const { uuid } = named(request)
      return json(200, { children: [], links: linksOf(url, 'nodes', `?parent_node=${uuid}`) })
    },
    'GET /v1/nodes/{node}/validate': (request) => {
      const opinions = conductor.opinions(named(request))
      const parts = opinions.map(({ part, ok, reason }) => [
        part,
        { result: ok, ...(reason === undefined ? {} : { reason }) },
      ])
      const absent = ['console', 'rescue', 'raid', 'bios', 'inspect', 'firmware'].map((part) => [
        part,
        { result: null, reason: 'not supported' },
      ])
      return json(200, Object.fromEntries([...parts, ...absent]))
    },
    'GET /v1/nodes/{node}/states': (request) => {
      const shown = [
        'power_state',
        'target_power_state',
        'provision_state',
        'target_provision_state',
        'provision_updated_at',
        'last_error',
        'console_enabled',
        'raid_config',
        'target_raid_config',
        'boot_mode',
        'secure_boot',
      ]
      return json(200, membersOf(document(named(request)), shown))
    },
    'PUT /v1/nodes/{node}/states/provision': async (request) => {
      const wanted = objectOf(await request.text())
      await conductor.ask(named(request), verbOf(wanted['target']), askOptions(wanted))
      return ACCEPTED
    },
    'PUT /v1/nodes/{node}/states/power': async (request) => {
      const { target, ...more } = objectOf(await request.text())
      const power = typeof target === 'string' ? POWER[target] : undefined
      if (power === undefined) {
        throw invalid(
          `the conductor knows no power target ${JSON.stringify(target)}; it knows ${Object.keys(POWER).join(', ')}`,
        )
      }
      await conductor.power(named(request), power, shutDownMs(more))
      return ACCEPTED
    },
    'GET /v1/nodes/{node}/states/console': (request) => {
      const { uuid, consoleEnabled = false } = named(request)
      const info = { type: 'anneal', url: `${url}/v1/nodes/${uuid}/console` }
      return json(200, { console_enabled: consoleEnabled, console_info: consoleEnabled ? info : null })
    },
    'PUT /v1/nodes/{node}/states/console': async (request) => {
      const { enabled } = objectOf(await request.text())
      if (typeof enabled !== 'boolean') throw invalid('enabled is true or false')
      const machine = named(request)
      // Says why, where its BMC cannot.
      if (enabled && machine.driver !== 'ipmi') await conductor.bmc(machine).openConsole(request.signal)
      machines.save({ ...named(request), consoleEnabled: enabled })
      return ACCEPTED
    },
    'GET /v1/nodes/{node}/console': async (request) => {
      const { uuid, consoleEnabled } = named(request)
      if (consoleEnabled !== true) return fault(400, `The console of node ${uuid} is not enabled`)
      const text = await conductor.consoles.listen(uuid, request.signal)
      return {
        status: 200,
        headers: { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' },
        body: Readable.from(text, { objectMode: false }),
      }
    },
    'GET /v1/nodes/{node}/management/boot_device': (request) => {
      named(request)
      return json(200, { boot_device: null, persistent: null })
    },
    'GET /v1/nodes/{node}/management/boot_device/supported': (request) => {
      named(request)
      return json(200, { supported_boot_devices: ['pxe', 'disk'] })
    },
    'PUT /v1/nodes/{node}/management/boot_device': async (request) => {
      const wanted = objectOf(await request.text())
      const device = wanted['boot_device']
      if (device !== 'pxe' && device !== 'disk') throw invalid(`boot_device is pxe or disk`)
      await conductor.bootFrom(named(request), {
        from: device === 'pxe' ? 'network' : 'disk',
        lasts: wanted['persistent'] === true ? 'always' : 'once',
      })
      return NO_CONTENT
    },
    'PUT /v1/nodes/{node}/maintenance': async (request) => {
      const text = await request.text()
      const reason = text === '' ? undefined : objectOf(text)['reason']
      machines.maintain(named(request), typeof reason === 'string' ? reason : undefined)
      return ACCEPTED
    },
    'DELETE /v1/nodes/{node}/maintenance': (request) => {
      machines.save({ ...named(request), maintenance: false })
      return ACCEPTED
    },
    ...traitRoutes(conductor, named),
    'GET /v1/nodes/{node}/vifs': emptyOf('vifs'),
    'GET /v1/nodes/{node}/bios': emptyOf('bios'),
    'GET /v1/nodes/{node}/firmware': emptyOf('firmware'),
    'GET /v1/nodes/{node}/history': emptyOf('history'),
    'GET /v1/nodes/{node}/portgroups': emptyOf('portgroups'),
    'GET /v1/nodes/{node}/vendor_passthru/methods': (request) => {
      named(request)
      return json(200, {})
    },
    'GET /v1/nodes/{node}/inventory': (request) => {
      const { uuid, report } = named(request)
      if (report === undefined) return fault(404, 'Node was not inspected yet')
      const ports = machines.ports().filter(({ machine }) => machine === uuid)
      return json(200, inventoryDocument(report, ports))
    },
  }
}

/** A system that restarts by itself (`soft rebooting`) is waited for by nobody here: it is refused, and not reset. */
const POWER: Readonly<Record<string, Parameters<Conductor['power']>[1] | undefined>> = {
  'power on': 'on',
  'power off': 'off',
  'soft power off': 'shutDown',
  rebooting: 'reset',
}

/** `timeout` is what a system may take to shut down, in seconds (microversion 1.27). */
function shutDownMs({ timeout, ...more }: Members): number | undefined {
  const others = Object.keys(more)
  if (others.length > 0) throw invalid(`the conductor does nothing with ${others.join(', ')}`)
  if (timeout === undefined || timeout === null) return undefined
  if (typeof timeout === 'number' && Number.isInteger(timeout) && timeout >= 1) return timeout * 1000
  throw invalid(`timeout is a number of seconds, at least 1, and not ${JSON.stringify(timeout)}`)
}

/** New words of microversion 1.73. */
const SAME_VERB: Readonly<Record<string, Verb | undefined>> = { deploy: 'active', undeploy: 'deleted' }

function verbOf(target: unknown): Verb {
  const verb = VERBS.find(
    (one) => one === (typeof target === 'string' ? (SAME_VERB[target] ?? target) : target),
  )
  if (verb !== undefined) return verb
  throw invalid(`the conductor knows no target ${JSON.stringify(target)}; it knows ${VERBS.join(', ')}`)
}

/** Throws REQUEST_INVALID for everything that would be left undone. */
function askOptions(wanted: Members): AskOptions {
  const { configdrive, deploy_steps: steps } = wanted
  for (const [name, value] of Object.entries(wanted)) {
    const isKnown = name === 'target' || name === 'configdrive' || name === 'deploy_steps'
    if (!isKnown && value !== null) throw invalid(`the conductor does nothing with ${name}`)
  }
  const given: readonly unknown[] = Array.isArray(steps) ? steps : []
  const isLeftOff = (one: unknown): boolean =>
    isObject(one) && one['step'] === 'boot_instance' && one['priority'] === 0
  if (!given.every(isLeftOff)) {
    throw invalid('of deploy_steps the conductor knows one, boot_instance with the priority 0')
  }
  return {
    ...(configdrive === undefined || configdrive === null ? {} : { configDrive: driveOf(configdrive) }),
    ...(given.length > 0 ? { afterwards: 'off' } : {}),
  }
}

function driveOf(value: unknown): ConfigDrive {
  if (!isObject(value)) {
    throw invalid(
      'configdrive is an object with meta_data, user_data and network_data; a finished ISO is not taken',
    )
  }
  const { meta_data: meta, user_data: user, network_data: network } = value
  if (user !== undefined && user !== null && typeof user !== 'string') throw invalid('user_data is a text')
  return {
    metaData: isObject(meta) ? meta : {},
    ...(typeof user === 'string' ? { userData: user } : {}),
    ...(isObject(network) ? { networkData: network } : {}),
  }
}
