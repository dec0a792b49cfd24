import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import type { Machine } from '../machine.ts'
import { ejectMedia, look, overrideBoot } from './chassis.ts'
import { resources } from './resources.ts'
import { redfishServer } from './server.ts'

const directory = mkdtempSync(join(tmpdir(), 'redfish-'))
const machine: Machine = {
  name: 'node0',
  cpus: 2,
  memoryMiB: 2048,
  diskGiB: 5,
  firmware: 'uefi',
  mac: '52:54:00:77:01:01',
  uuid: '6f9d3c6e-5d4e-4a55-8b8a-0d6f0a3c1c11',
  address: '10.77.1.10',
  bmc: { username: 'admin', passwordFile: join(directory, 'password') },
  ipmi: { address: '10.77.1.1', port: 6230, cipherSuite: 3 },
  redfish: { address: 'http://10.77.1.1:8000', systemId: '/redfish/v1/Systems/x' },
  directory,
  consoleLog: join(directory, 'console.log'),
  consoleSocket: join(directory, 'console.sock'),
  disk: join(directory, 'disk.raw'),
}
const SYSTEM = `/redfish/v1/Systems/${machine.uuid}`
const server = redfishServer({ machines: [machine], username: 'admin', password: 'right' })
let base = ''

before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

after(() => {
  server.close()
  server.closeAllConnections()
  rmSync(directory, { recursive: true })
})

function ask(path: string, method = 'GET', body?: unknown, password = 'right'): Promise<Response> {
  return fetch(base + path, {
    method,
    headers: { authorization: `Basic ${btoa(`admin:${password}`)}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

test('only the root is shown without a password', async () => {
  assert.equal((await fetch(`${base}/redfish/v1/`)).status, 200)
  assert.equal((await fetch(`${base}/redfish/v1/Systems`)).status, 401)
  assert.equal((await ask('/redfish/v1/Systems', 'GET', undefined, 'wrong')).status, 401)
})

test('every resource that another one links to is there', async () => {
  const all = resources([look(machine)])
  const links = JSON.stringify([...all.values()]).match(/"@odata.id":"[^"]+"/g) ?? []
  assert.ok(links.length > 20)
  for (const link of links) assert.ok(all.has(link.slice('"@odata.id":"'.length, -1)), link)
  for (const path of all.keys()) assert.equal((await ask(path)).status, 200, path)
  assert.equal((await ask(`${SYSTEM}/Bios`)).status, 404)
})

test('what the machine cannot do is refused, and nothing changes', async () => {
  const refused: readonly (readonly [string, string, unknown])[] = [
    ['PATCH', SYSTEM, { Boot: { BootSourceOverrideTarget: 'Usb' } }],
    ['PATCH', SYSTEM, { Boot: { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideMode: 'Legacy' } }],
    ['PATCH', SYSTEM, { AssetTag: 'mine' }],
    ['POST', `${SYSTEM}/Actions/ComputerSystem.Reset`, { ResetType: 'Nmi' }],
  ]
  for (const [method, path, body] of refused) {
    assert.equal((await ask(path, method, body)).status, 400, JSON.stringify(body))
  }
  assert.ok(!existsSync(join(directory, 'boot')))
})

test('an image is put into the virtual CD drive and taken out', async () => {
  const media = `/redfish/v1/Managers/${machine.uuid}/VirtualMedia/Cd`
  const source = `${base}/redfish/v1/`
  assert.equal(
    (await ask(`${media}/Actions/VirtualMedia.InsertMedia`, 'POST', { Image: source })).status,
    204,
  )
  assert.deepEqual(look(machine).media, source)
  assert.match(readFileSync(join(directory, 'cdrom.iso'), 'utf8'), /ServiceRoot/)
  ejectMedia(machine)
  assert.equal(look(machine).media, undefined)
})

test('a boot override is shown as it was set', async () => {
  await assert.rejects(overrideBoot(machine, { target: 'Pxe', enabled: 'Once' }))
  writeFileSync(join(directory, 'machine.env'), 'NAME=node0\n')
  const change = { Boot: { BootSourceOverrideTarget: 'Pxe', BootSourceOverrideEnabled: 'Once' } }
  assert.equal((await ask(SYSTEM, 'PATCH', change)).status, 204)
  assert.equal(readFileSync(join(directory, 'boot'), 'utf8'), 'pxe\n')
  const shown = (await (await ask(SYSTEM)).json()) as { Boot: Record<string, unknown> }
  assert.equal(shown.Boot['BootSourceOverrideTarget'], 'Pxe')
  assert.equal(shown.Boot['BootSourceOverrideMode'], 'UEFI')
})
