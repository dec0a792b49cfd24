import assert from 'node:assert/strict'
import { test } from 'node:test'
import { provisionerContract } from '../../../test/fixtures/provisioner-contract.ts'
import type { ProvisionerBed } from '../../../test/fixtures/provisioner-contract.ts'
import { BASE_WRITTEN, MARK } from '../../metal/index.ts'
import { openHttp } from './http.ts'
import { ironicProvisioner } from './ironic-provisioner.ts'
import { ironic } from './ironic.ts'
import { openSession } from './session.ts'
import { FakeCloud } from './testing/fake-cloud.ts'
import type { Responder, SeenRequest } from './testing/fake-cloud.ts'

const UUID = '11111111-1111-4111-8111-111111111111'
const PATH = `/v1/nodes/${UUID}`

type Patch = readonly Readonly<{ op: string; path: string; value?: unknown }>[]
type Provision = Readonly<{
  target: string
  deploy_steps?: readonly Readonly<{ step: string; priority: number }>[]
}>

/** One node of an Ironic that applies JSON patches (RFC 6902) as Ironic does: what is not there cannot be removed. */
class IronicNode {
  info: Readonly<Record<string, unknown>>
  readonly requests: SeenRequest[] = []

  constructor(info: Readonly<Record<string, unknown>>) {
    this.info = info
  }

  readonly respond: Responder = (request) => {
    const { method, path } = request
    if (path === '/v1')
      return { json: { id: 'v1' }, headers: { 'x-openstack-ironic-api-maximum-version': '1.95' } }
    if (path === PATH && method === 'GET') return { json: this.shown }
    if (path === `${PATH}/validate`) {
      return { json: { power: { result: true }, boot: { result: false, reason: 'no ports' } } }
    }
    // A responder is asked twice: before the body is read, too.
    if (request.body.length === 0) return { status: 400, text: 'no body' }
    this.requests.push(request)
    if (path === PATH && method === 'PATCH') {
      for (const { op, path: member, value } of bodyOf(request) as Patch) {
        const name = member.replace('/instance_info/', '')
        const { [name]: before, ...rest } = this.info
        if (op === 'remove' && before === undefined) return { status: 400, text: `no member ${name}` }
        this.info = op === 'remove' ? rest : { ...rest, [name]: value }
      }
      return { json: this.shown }
    }
    return path.startsWith(`${PATH}/states/`) ? { status: 202 } : undefined
  }

  get shown(): unknown {
    return {
      uuid: UUID,
      name: 'node0',
      driver: 'ipmi',
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
      driver_info: {},
      properties: {},
      instance_info: this.info,
      extra: {},
      traits: [],
      console_enabled: false,
      deploy_interface: 'direct',
    }
  }
}

function bodyOf({ body }: SeenRequest): unknown {
  return JSON.parse(body.toString())
}

const POWER: Readonly<Record<string, string>> = { 'power on': 'power on', rebooting: 'power restarted' }

/** A request in the words of the contract. */
function told(request: SeenRequest): string {
  if (request.method === 'PATCH') return 'prepare'
  const { target } = bodyOf(request) as Provision
  return request.path.endsWith('/power') ? (POWER[target] ?? target) : target
}

async function open(info: Readonly<Record<string, unknown>>): Promise<ProvisionerBed & { node: IronicNode }> {
  const node = new IronicNode(info)
  const cloud = await FakeCloud.start(node.respond)
  const session = openSession(
    { name: 'test', auth: { kind: 'none', endpoint: cloud.url }, interface: 'public', endpoints: {} },
    openHttp({ retryMs: 1, timeoutMs: 2000 }),
  )
  const metal = ironic(session, { lockedWaitMs: 1 })
  return {
    node,
    provisioner: ironicProvisioner(metal),
    machine: async () => (await metal.node(UUID)) ?? assert.fail('the node is gone'),
    asked: () => node.requests.map((one) => told(one)),
    leftOff: () => {
      const deploy = node.requests.findLast((one) => one.path.endsWith('/provision'))
      const { deploy_steps: steps = [] } = deploy === undefined ? {} : (bodyOf(deploy) as Provision)
      return steps.some(({ step, priority }) => step === 'boot_instance' && priority === 0)
    },
    close: () => cloud.stop(),
  }
}

provisionerContract('Ironic', open)

test('Ironic removes its copy of a base by the interface that made it', async () => {
  const bed = await open({ [MARK]: 'one', [BASE_WRITTEN]: 't', deploy_interface: 'ramdisk' })
  try {
    await bed.provisioner.release(await bed.machine())
    assert.deepEqual([bed.node.info['deploy_interface'], bed.asked()], ['direct', ['prepare', 'deleted']])
  } finally {
    await bed.close?.()
  }
})
