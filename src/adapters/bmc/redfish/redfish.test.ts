import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { inspect } from 'node:util'
import { gzipSync } from 'node:zlib'
import { isAnnealError } from '../../../core/index.ts'
import type { Bmc } from '../../../ports/index.ts'
import { openBmc } from '../index.ts'
import type { RedfishAddress } from './redfish-http.ts'

type Asked = Readonly<{ method: string; path: string; headers: IncomingMessage['headers']; body: unknown }>
type Answer = Readonly<{ status?: number; headers?: Record<string, string>; body?: unknown }>
type Rules = (asked: Asked) => Answer

const SYSTEM = '/redfish/v1/Systems/1'
const LOGIN = { username: 'admin', password: 'Pw-4711-x' }
const BASIC = `Basic ${btoa(`${LOGIN.username}:${LOGIN.password}`)}`
const RESET = `${SYSTEM}/Actions/ComputerSystem.Reset`

/** A service with one system, as far as `rules` do not say otherwise (they fall through with status 0). */
async function service(
  t: TestContext,
  rules: Rules,
  make: (listener: RequestListener) => Server = createServer,
): Promise<Readonly<{ port: number; asked: Asked[] }>> {
  const asked: Asked[] = []
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = ''
    for await (const part of request) text += String(part)
    const one: Asked = {
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    }
    asked.push(one)
    const own = rules(one)
    const { status = 200, headers = {}, body = {} } = own.status === 0 ? usual(one) : own
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(JSON.stringify(body))
  }
  const server = make((request, response) => void respond(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return { port: (server.address() as AddressInfo).port, asked }
}

const FALL_THROUGH: Answer = { status: 0 }

function usual({ method, path, headers }: Asked): Answer {
  if (path === '/redfish/v1/') return { body: { Systems: { '@odata.id': '/redfish/v1/Systems' } } }
  if (headers.authorization !== BASIC) return { status: 401 }
  if (path === '/redfish/v1/Systems') return { body: { Members: [{ '@odata.id': SYSTEM }] } }
  if (path === SYSTEM && method === 'GET') return { body: system() }
  return { status: 204 }
}

function system(changed: object = {}): object {
  return {
    PowerState: 'On',
    Boot: { BootSourceOverrideTarget: 'None', BootSourceOverrideMode: 'UEFI' },
    Actions: { '#ComputerSystem.Reset': { target: RESET } },
    ...changed,
  }
}

function open(port: number, changed: Partial<RedfishAddress> = {}): Bmc {
  const url = `http://127.0.0.1:${port}`
  return openBmc({ kind: 'redfish', url, ...LOGIN, login: 'auto', verify: true, ...changed })
}

async function refused(act: Promise<unknown>, code: string, why: RegExp): Promise<void> {
  await assert.rejects(act, (error) => {
    assert.ok(isAnnealError(error, code), inspect(error))
    assert.match(error.message, why)
    assert.ok(!inspect(error, { depth: 9 }).includes(LOGIN.password))
    return true
  })
}

test('the only system of a service needs no name', async (t) => {
  const { port } = await service(t, () => FALL_THROUGH)
  assert.equal(await open(port).power(), 'on')
})

test('a service whose systems come in pages has as many as all pages list', async (t) => {
  const second = '/redfish/v1/Systems?$skip=1'
  const pages =
    (last: readonly object[]) =>
    (asked: Asked): Answer => {
      if (asked.path === '/redfish/v1/Systems')
        return { body: { Members: [{ '@odata.id': SYSTEM }], 'Members@odata.nextLink': second } }
      return asked.path === second ? { body: { Members: last } } : FALL_THROUGH
    }
  const one = await service(t, pages([]))
  assert.equal(await open(one.port).power(), 'on')
  const several = await service(t, pages([{ '@odata.id': '/redfish/v1/Systems/2' }]))
  await refused(open(several.port).power(), 'BMC_UNABLE', /several systems: .*Systems\/1, .*Systems\/2/)
})

test('a service that takes sessions alone gets one, which is ended with the call', async (t) => {
  const sessions = '/redfish/v1/SessionService/Sessions'
  const { port, asked } = await service(t, ({ method, path, headers, body }) => {
    if (path === '/redfish/v1/') return { body: { Links: { Sessions: { '@odata.id': sessions } } } }
    if (method === 'POST' && path === sessions) {
      const right = (body as { Password: string }).Password === LOGIN.password
      return right
        ? { status: 201, headers: { 'x-auth-token': 't0k', location: `${sessions}/7` } }
        : { status: 401 }
    }
    if (headers['x-auth-token'] !== 't0k') return { status: 401 }
    return path === SYSTEM ? { body: system({ PowerState: 'Off' }) } : { status: 204 }
  })
  assert.equal(await open(port, { systemPath: SYSTEM }).power(), 'off')
  const last = asked.at(-1)
  assert.deepEqual(
    [last?.method, last?.path, last?.headers['x-auth-token']],
    ['DELETE', `${sessions}/7`, 't0k'],
  )
  await refused(
    open(port, { systemPath: SYSTEM, password: 'other-password' }).power(),
    'BMC_CREDENTIALS',
    /401/,
  )
})

test('a reset is one that the service allows, also where ActionInfo says it', async (t) => {
  let values = ['On', 'PowerCycle']
  const info = `${SYSTEM}/ResetActionInfo`
  const { port, asked } = await service(t, ({ method, path }) => {
    if (path === info) return { body: { Parameters: [{ Name: 'ResetType', AllowableValues: values }] } }
    if (path !== SYSTEM || method !== 'GET') return FALL_THROUGH
    return {
      body: system({ Actions: { '#ComputerSystem.Reset': { target: RESET, '@Redfish.ActionInfo': info } } }),
    }
  })
  const bmc = open(port, { systemPath: SYSTEM })
  await bmc.setPower('on')
  assert.equal(asked.filter(({ method }) => method === 'POST').length, 0)
  await bmc.setPower('reset')
  const reset = asked.find(({ method }) => method === 'POST')
  assert.deepEqual([reset?.path, reset?.body], [RESET, { ResetType: 'PowerCycle' }])
  values = ['On', 'GracefulShutdown']
  await refused(bmc.setPower('off'), 'BMC_UNABLE', /On, GracefulShutdown/)
})

test('the ETag that the service wants is sent, and read again when it has changed', async (t) => {
  let version = 1
  const { port, asked } = await service(t, ({ method, path, headers }) => {
    if (path !== SYSTEM) return FALL_THROUGH
    if (method === 'GET') return { headers: { etag: `W/"${version}"` }, body: system() }
    if (headers['if-match'] === undefined) return { status: 428 }
    // Somebody else was faster the first time; after that only a strong tag is taken.
    if (version === 1) version = 2
    return headers['if-match'] === '"2"' ? { status: 204 } : { status: 412 }
  })
  const bmc = open(port, { systemPath: SYSTEM })
  await bmc.bootFrom({ from: 'network', lasts: 'once', firmware: 'uefi' })
  const tags = asked.filter(({ method }) => method === 'PATCH').map(({ headers }) => headers['if-match'])
  assert.deepEqual(tags, ['W/"1"', 'W/"2"', '"2"'])
  assert.deepEqual(asked.at(-1)?.body, {
    Boot: {
      BootSourceOverrideEnabled: 'Once',
      BootSourceOverrideTarget: 'Pxe',
      BootSourceOverrideMode: 'UEFI',
    },
  })
})

test('the boot override is set in the settings resource where it is there', async (t) => {
  const settings = `${SYSTEM}/Settings`
  const { port, asked } = await service(t, ({ method, path }) => {
    const link = { SettingsObject: { '@odata.id': settings } }
    if (method !== 'GET') return FALL_THROUGH
    if (path === SYSTEM) return { body: system({ '@Redfish.Settings': link }) }
    return path === settings ? { body: { '@odata.etag': '"9"', ...system() } } : FALL_THROUGH
  })
  await open(port).bootFrom({ from: 'disk', lasts: 'always', firmware: 'uefi' })
  const last = asked.at(-1)
  assert.deepEqual([last?.method, last?.path, last?.headers['if-match']], ['PATCH', settings, '"9"'])
})

test('what the service does not list is not asked of it', async (t) => {
  let boot: object = {}
  const { port, asked } = await service(t, ({ method, path }) =>
    path === SYSTEM && method === 'GET' ? { body: system({ Boot: boot }) } : FALL_THROUGH,
  )
  const bmc = open(port, { systemPath: SYSTEM })
  const network = { from: 'network', lasts: 'always', firmware: 'uefi' } as const
  boot = { 'BootSourceOverrideTarget@Redfish.AllowableValues': ['None', 'UefiHttp'] }
  await bmc.bootFrom(network)
  assert.deepEqual(asked.at(-1)?.body, {
    Boot: { BootSourceOverrideEnabled: 'Continuous', BootSourceOverrideTarget: 'UefiHttp' },
  })
  await refused(bmc.bootFrom({ ...network, from: 'disk' }), 'BMC_UNABLE', /cannot choose Hdd/)
  boot = { 'BootSourceOverrideEnabled@Redfish.AllowableValues': ['Disabled'] }
  await refused(bmc.bootFrom(network), 'BMC_UNABLE', /permanently/)
  boot = { 'BootSourceOverrideMode@Redfish.AllowableValues': ['UEFI'] }
  await refused(bmc.bootFrom({ ...network, firmware: 'bios' }), 'BMC_UNABLE', /Legacy/)
})

test('credentials go to no other service than the one that is named', async (t) => {
  const elsewhere = await service(t, () => FALL_THROUGH)
  const { port } = await service(t, () => ({
    status: 308,
    headers: { location: `http://127.0.0.1:${elsewhere.port}${SYSTEM}` },
  }))
  await refused(open(port, { systemPath: SYSTEM }).power(), 'BMC_REFUSED', /sends us to/)
  assert.equal(elsewhere.asked.length, 0)
})

test('a service says why it refuses, without the password that it repeats', async (t) => {
  const { port } = await service(t, ({ method }) =>
    method === 'POST'
      ? {
          status: 400,
          body: {
            error: { '@Message.ExtendedInfo': [{ Message: `No license for ${LOGIN.password}.` }] },
          },
        }
      : FALL_THROUGH,
  )
  await refused(open(port).setPower('off'), 'BMC_REFUSED', /No license for \*\*\*\./)
})

test('a certificate counts when its authority is trusted, or none is asked for', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-redfish-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync('openssl', [...made, ...subject, '-keyout', key, '-out', cert], { stdio: 'pipe' })
  const tls = { key: readFileSync(key), cert: readFileSync(cert) }
  const { port } = await service(
    t,
    () => FALL_THROUGH,
    (listener) => createTlsServer(tls, listener),
  )
  const url = `https://127.0.0.1:${port}`
  await refused(open(port, { url }).power(), 'BMC_UNREACHABLE', /self-signed/)
  assert.equal(await open(port, { url, verify: false }).power(), 'on')
  assert.equal(await open(port, { url, verify: cert }).power(), 'on')
  await refused(open(port, { url, verify: `${cert}.none` }).power(), 'BMC_UNREACHABLE', /cannot be read/)
})

test('where a serial console is, the service says, and it is not passed on', async (t) => {
  const consoles = (offers: unknown) => async (): Promise<unknown> => {
    const body = { PowerState: 'On', SerialConsole: offers }
    const { port } = await service(t, ({ path }) => (path === SYSTEM ? { body } : FALL_THROUGH))
    const address: RedfishAddress = {
      kind: 'redfish',
      url: `http://127.0.0.1:${port}`,
      ...LOGIN,
      login: 'auto',
      verify: true,
    }
    return openBmc(address).openConsole()
  }
  const offers = {
    SSH: { ServiceEnabled: true, Port: 2200 },
    IPMI: { ServiceEnabled: true },
    Telnet: { ServiceEnabled: false },
  }
  const told = (why: RegExp) => (error: unknown) =>
    isAnnealError(error, 'BMC_UNABLE') && why.test(error.message)
  await assert.rejects(consoles(offers)(), told(/by SSH \(port 2200\), IPMI, and not by Redfish/))
  await assert.rejects(consoles(undefined)(), told(/it says of no serial console/))
})

test('a service without permanent choice chooses for one start, and says so', async (t) => {
  let boot: object = { 'BootSourceOverrideEnabled@Redfish.AllowableValues': ['Disabled', 'Once'] }
  let taken = ['Once']
  const { port, asked } = await service(t, ({ method, path, body }) => {
    if (path !== SYSTEM) return FALL_THROUGH
    if (method === 'GET') return { body: system({ Boot: boot }) }
    const wanted = (body as { Boot: { BootSourceOverrideEnabled: string } }).Boot.BootSourceOverrideEnabled
    return taken.includes(wanted) ? { status: 204 } : { status: 400 }
  })
  const bmc = open(port, { systemPath: SYSTEM })
  const network = { from: 'network', lasts: 'always', firmware: 'uefi' } as const
  assert.equal(await bmc.bootFrom(network), 'once')
  assert.equal(asked.filter(({ method }) => method === 'PATCH').length, 1)
  // One that lists nothing refuses it.
  boot = {}
  assert.equal(await bmc.bootFrom(network), 'once')
  taken = ['Once', 'Continuous']
  assert.equal(await bmc.bootFrom(network), 'always')
  taken = []
  await refused(bmc.bootFrom(network), 'BMC_REFUSED', /status 400/)
})

test('a mode that is right already need not be one that can be set', async (t) => {
  let mode = 'UEFI'
  const { port, asked } = await service(t, ({ method, path, body }) => {
    if (path !== SYSTEM) return FALL_THROUGH
    if (method === 'GET') return { body: system({ Boot: { BootSourceOverrideMode: mode } }) }
    const { Boot } = body as { Boot: object }
    return { status: 'BootSourceOverrideMode' in Boot ? 400 : 204 }
  })
  const bmc = open(port, { systemPath: SYSTEM })
  assert.equal(await bmc.bootFrom({ from: 'disk', lasts: 'always', firmware: 'uefi' }), 'always')
  assert.deepEqual(asked.at(-1)?.body, {
    Boot: { BootSourceOverrideEnabled: 'Continuous', BootSourceOverrideTarget: 'Hdd' },
  })
  mode = 'Legacy'
  await refused(
    bmc.bootFrom({ from: 'disk', lasts: 'always', firmware: 'uefi' }),
    'BMC_REFUSED',
    /status 400/,
  )
})

test('a task that a service makes of a request is followed, and fails where it fails', async (t) => {
  const monitor = '/redfish/v1/TaskService/TaskMonitors/9'
  let looks: Answer[] = []
  let location = monitor
  const { port, asked } = await service(t, ({ method, path }) => {
    if (method === 'POST') return { status: 202, headers: { location } }
    return path === monitor ? (looks.shift() ?? { status: 404 }) : FALL_THROUGH
  })
  const bmc = open(port, { systemPath: SYSTEM })
  const counted = (): number => asked.filter(({ path }) => path === monitor).length
  looks = [{ status: 202, body: { TaskState: 'Running' } }, { status: 204 }]
  await bmc.setPower('off')
  assert.equal(counted(), 2)
  const why = [{ Message: 'The power supply is off.' }]
  looks = [{ status: 200, body: { TaskState: 'Exception', Messages: why } }]
  await refused(bmc.setPower('off'), 'BMC_REFUSED', /ended as Exception: .*The power supply is off/)
  looks = [{ status: 400, body: { error: { '@Message.ExtendedInfo': why } } }]
  await refused(bmc.setPower('off'), 'BMC_REFUSED', /The power supply is off/)
  // A monitor that is gone is a task that is over. A service behind a translation of addresses calls itself otherwise.
  location = `https://10.9.8.7${monitor}`
  const before = counted()
  await bmc.setPower('off')
  assert.equal(counted(), before + 1)
})

test('a machine that is being switched is switched once it is not any more', async (t) => {
  let states = ['PoweringOff', 'PoweringOff', 'Off']
  const { port, asked } = await service(t, ({ method, path }) => {
    if (path !== SYSTEM || method !== 'GET') return FALL_THROUGH
    const [state] = states.length > 1 ? states.splice(0, 1) : states
    return { body: system({ PowerState: state }) }
  })
  const bmc = open(port, { systemPath: SYSTEM })
  const posts = (): number => asked.filter(({ method }) => method === 'POST').length
  assert.equal(await bmc.power(), 'changing')
  await bmc.setPower('off')
  assert.equal(posts(), 0)
  states = ['PoweringOff', 'Off']
  await bmc.setPower('on')
  assert.equal(posts(), 1)
})

test('a service without a list of systems has those of its chassis', async (t) => {
  let systems = [{ '@odata.id': SYSTEM }]
  const chassis = '/redfish/v1/Chassis'
  const { port } = await service(t, ({ path }) => {
    if (path === '/redfish/v1/') return { body: { Chassis: { '@odata.id': chassis } } }
    if (path === chassis) {
      const ids = ['1', '2'].map((id) => ({ '@odata.id': `${chassis}/${id}` }))
      return { body: { Members: ids } }
    }
    return path.startsWith(chassis) ? { body: { Links: { ComputerSystems: systems } } } : FALL_THROUGH
  })
  assert.equal(await open(port).power(), 'on')
  systems = [{ '@odata.id': SYSTEM }, { '@odata.id': '/redfish/v1/Systems/2' }]
  await refused(open(port).power(), 'BMC_UNABLE', /several systems/)
  systems = []
  await refused(open(port).power(), 'BMC_UNABLE', /it has no system/)
})

/** A system whose settings are a resource of their own. */
function withSettings(boot: object, settingsBoot: unknown): Rules {
  const settings = `${SYSTEM}/Settings`
  const link = { SettingsObject: { '@odata.id': settings } }
  return ({ method, path }) => {
    if (method !== 'GET') return FALL_THROUGH
    if (path === SYSTEM) return { body: system({ Boot: boot, '@Redfish.Settings': link }) }
    if (path !== settings) return FALL_THROUGH
    return settingsBoot === undefined ? { status: 404 } : { body: { Boot: settingsBoot } }
  }
}

async function patches(rules: Rules, t: TestContext, firmware: 'uefi' | 'bios'): Promise<readonly unknown[]> {
  const { port, asked } = await service(t, rules)
  await open(port, { systemPath: SYSTEM }).bootFrom({ from: 'network', lasts: 'always', firmware })
  return asked
    .filter(({ method }) => method === 'PATCH')
    .map(({ path, body }) => [path.replace(SYSTEM, ''), (body as { Boot: object }).Boot])
}

test('target and mode are set each in the resource that has it', async (t) => {
  const choice = { BootSourceOverrideEnabled: 'Continuous', BootSourceOverrideTarget: 'Pxe' }
  const shown = { BootSourceOverrideEnabled: 'Disabled', BootSourceOverrideTarget: 'None' }
  const uefi = { BootSourceOverrideMode: 'UEFI' }
  // As iDRAC 10: the settings have the mode alone, without a value.
  const modeApart = withSettings({ ...shown, ...uefi }, { BootOrder: [], BootSourceOverrideMode: null })
  assert.deepEqual(await patches(modeApart, t, 'bios'), [
    ['/Settings', { BootSourceOverrideMode: 'Legacy' }],
    ['', choice],
  ])
  assert.deepEqual(await patches(modeApart, t, 'uefi'), [['', choice]])
  // Settings that show no value of the target yet.
  const empty = withSettings({}, { BootSourceOverrideTarget: null, ...uefi })
  assert.deepEqual(await patches(empty, t, 'uefi'), [['/Settings', { ...choice, ...uefi }]])
  // Settings of something else, or none after all.
  for (const other of [{ BootOrder: [] }, 'none', undefined]) {
    const rules = withSettings({ ...shown, ...uefi }, other)
    assert.deepEqual(await patches(rules, t, 'uefi'), [['', { ...choice, ...uefi }]])
  }
})

test('what may be chosen is listed where it is set', async (t) => {
  const lists = {
    BootSourceOverrideTarget: 'None',
    'BootSourceOverrideTarget@Redfish.AllowableValues': ['None', 'UefiHttp'],
    BootSourceOverrideMode: 'UEFI',
    'BootSourceOverrideMode@Redfish.AllowableValues': ['UEFI'],
  }
  const rules = withSettings({ BootSourceOverrideTarget: 'None' }, lists)
  assert.deepEqual(await patches(rules, t, 'uefi'), [
    [
      '/Settings',
      {
        BootSourceOverrideEnabled: 'Continuous',
        BootSourceOverrideTarget: 'UefiHttp',
        BootSourceOverrideMode: 'UEFI',
      },
    ],
  ])
  await refused(patches(rules, t, 'bios'), 'BMC_UNABLE', /Pxe|Legacy/)
})

test('an empty ETag is none, and a service that takes no ETag gets none', async (t) => {
  const tags: unknown[] = []
  const { port } = await service(t, ({ method, path, headers }) => {
    if (path !== SYSTEM) return FALL_THROUGH
    if (method === 'GET') return { headers: { etag: tags.length === 0 ? '' : '"1"' }, body: system() }
    tags.push(headers['if-match'])
    return tags.length > 1 && headers['if-match'] === undefined ? { status: 204 } : { status: 412 }
  })
  await open(port, { systemPath: SYSTEM }).bootFrom({ from: 'disk', lasts: 'once', firmware: 'uefi' })
  assert.deepEqual(tags, [undefined, '"1"', '"1"', '*', undefined])
})

test('an answer that is compressed is read', async (t) => {
  const server = createServer((request, response) => {
    const body = gzipSync(JSON.stringify(request.url === SYSTEM ? system({ PowerState: 'Off' }) : {}))
    response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  assert.equal(await open(port, { systemPath: SYSTEM }).power(), 'off')
})

test('a login by session tries no other, also where the service does not say where sessions are', async (t) => {
  const sessions = '/redfish/v1/SessionService/Sessions'
  const { port, asked } = await service(t, ({ method, path, headers, body }) => {
    if (path === '/redfish/v1/') return { body: {} }
    if (method === 'POST' && path === sessions) {
      const isRight = (body as { Password: string }).Password === LOGIN.password
      return isRight
        ? { status: 201, headers: { 'x-auth-token': 't0k', location: `${sessions}/7` } }
        : { status: 401 }
    }
    if (headers['x-auth-token'] !== 't0k') return { status: 401 }
    return path === SYSTEM ? { body: system() } : { status: 204 }
  })
  assert.equal(await open(port, { systemPath: SYSTEM, login: 'session' }).power(), 'on')
  assert.ok(asked.every(({ headers }) => headers.authorization === undefined))
  assert.equal(await open(port, { systemPath: SYSTEM }).power(), 'on')
  const before = asked.length
  await refused(open(port, { systemPath: SYSTEM, login: 'basic' }).power(), 'BMC_CREDENTIALS', /401/)
  const wrong = { systemPath: SYSTEM, login: 'session', password: 'other-password' } as const
  await refused(open(port, wrong).power(), 'BMC_CREDENTIALS', /401/)
  const logins = asked.slice(before).filter(({ method }) => method === 'POST')
  assert.equal(logins.length, 1)
})
