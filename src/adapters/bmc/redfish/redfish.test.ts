import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { gzipSync } from 'node:zlib'
import { isAnnealError } from '../../../core/index.ts'
import { openBmc } from '../index.ts'
import type { RedfishAddress } from './redfish-http.ts'
import {
  FALL_THROUGH,
  LOGIN,
  RESET,
  SYSTEM,
  open,
  refused,
  service,
  system,
} from './testing/redfish-service.ts'
import type { Answer, Asked } from './testing/redfish-service.ts'

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

test('a system is asked to shut down only by the word for that, and not where it is off', async (t) => {
  let state = { values: ['On', 'ForceOff', 'GracefulShutdown'], power: 'On' }
  const { port, asked } = await service(t, ({ method, path }) => {
    if (method === 'POST' && path === RESET) return { status: 204 }
    if (path !== SYSTEM) return FALL_THROUGH
    const reset = { target: RESET, 'ResetType@Redfish.AllowableValues': state.values }
    return { body: system({ PowerState: state.power, Actions: { '#ComputerSystem.Reset': reset } }) }
  })
  const sent = (): readonly unknown[] =>
    asked.filter(({ method }) => method === 'POST').map(({ body }) => body)
  await open(port).shutDown()
  assert.deepEqual(sent(), [{ ResetType: 'GracefulShutdown' }])
  state = { values: ['On', 'ForceOff'], power: 'On' }
  await refused(open(port).shutDown(), 'BMC_UNABLE', /ForceOff/)
  state = { values: ['GracefulShutdown'], power: 'Off' }
  await open(port).shutDown()
  assert.equal(sent().length, 1)
})

test('a reset is one that the service allows, also where ActionInfo says it', async (t) => {
  let values: readonly string[] | undefined = ['On', 'PowerCycle']
  const info = `${SYSTEM}/ResetActionInfo`
  const { port, asked } = await service(t, ({ method, path }) => {
    if (path === info && values === undefined) return { status: 404 }
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
  // The service links to what it does not have.
  values = undefined
  await bmc.setPower('off')
  assert.deepEqual(asked.at(-1)?.body, { ResetType: 'ForceOff' })
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

/** A key and a certificate for 127.0.0.1, and the file of the latter. */
function selfSigned(t: TestContext): Readonly<{ key: Buffer; cert: Buffer; file: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'anneal-redfish-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const [key, file] = [join(directory, 'key.pem'), join(directory, 'cert.pem')]
  const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
  execFileSync('openssl', [...made, ...subject, '-keyout', key, '-out', file], { stdio: 'pipe' })
  return { key: readFileSync(key), cert: readFileSync(file), file }
}

test('a certificate counts when its authority is trusted, or none is asked for', async (t) => {
  const { file: cert, ...tls } = selfSigned(t)
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

test('an error names the reason why no Redfish service answers', async (t) => {
  const listen = async (server: Server): Promise<number> => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    return (server.address() as AddressInfo).port
  }
  const page: RequestListener = (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in</h1>')
  }
  const plain = await listen(createServer(page))
  await refused(
    open(plain, { systemPath: SYSTEM }).power(),
    'BMC_REFUSED',
    /no resource of Redfish \(text\/html\)/,
  )
  const asTls = { url: `https://127.0.0.1:${plain}`, verify: false }
  await refused(
    open(plain, asTls).power(),
    'BMC_UNREACHABLE',
    /does not speak TLS there: wrong version number$/,
  )
  const { key, cert } = selfSigned(t)
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const
  const oldPort = await listen(createTlsServer({ key, cert, ...old }, page))
  const oldTls = { url: `https://127.0.0.1:${oldPort}`, verify: false }
  await refused(open(oldPort, oldTls).power(), 'BMC_UNREACHABLE', /no TLS that is in use any more/)
})
