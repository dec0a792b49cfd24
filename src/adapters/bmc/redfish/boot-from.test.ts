import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { FALL_THROUGH, SYSTEM, open, refused, service, system } from './testing/redfish-service.ts'
import type { Rules } from './testing/redfish-service.ts'

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

test('an empty ETag is not sent, and a service that takes no ETag gets none', async (t) => {
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
