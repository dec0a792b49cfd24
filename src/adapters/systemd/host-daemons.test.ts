import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { isAnnealError } from '../../core/index.ts'
import type { NodeEngine } from '../../ports/index.ts'
import { withHostDaemons } from './host-daemons.ts'

const NAME = 'systemd:libvirtd.service'
const LIBVIRTD = ['libvirtd.service', 'libvirtd.socket', 'libvirtd-ro.socket', 'libvirt-guests.service']
const MODULAR = 'systemd:virtqemud.service'

const dir = mkdtempSync(join(tmpdir(), 'anneal-daemons-'))
test.after(() => rmSync(dir, { recursive: true }))

/** A host with libvirtd's package, in the words of systemd 252, and an engine without containers. */
function host(
  of: Readonly<{
    service?: string
    deaf?: boolean
    missing?: boolean
    units?: readonly string[]
    masked?: readonly string[]
    inactive?: readonly string[]
  }> = {},
) {
  const UNITS = of.units ?? LIBVIRTD
  const root = mkdtempSync(join(dir, 'root-'))
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true })
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true })
  mkdirSync(join(root, 'usr/sbin'), { recursive: true })
  for (const name of ['libvirtd', 'virtqemud'])
    if (of.missing !== true && UNITS.includes(`${name}.service`))
      writeFileSync(join(root, 'usr/sbin', name), '')
  const { masked = [], inactive = [] } = of
  const active = new Set(UNITS.filter((unit) => !masked.includes(unit) && !inactive.includes(unit)))
  let loaded = new Set<string>()
  const calls: string[] = []
  const dropIn = (unit: string): string => `/etc/systemd/system/${unit}.d/zzzz-anneal.conf`
  const systemctl = (argv: readonly string[]): Promise<string> => {
    const [verb = '', ...words] = argv
    const units = words.filter((word) => UNITS.includes(word))
    if (verb !== 'show') calls.push([verb, ...units].join(' '))
    if (verb === 'daemon-reload' && of.deaf !== true)
      loaded = new Set(UNITS.filter((unit) => !masked.includes(unit) && existsSync(join(root, dropIn(unit)))))
    if (verb === 'stop') units.forEach((unit) => active.delete(unit))
    if (verb === 'start') units.filter((unit) => !loaded.has(unit)).forEach((unit) => active.add(unit))
    if (verb !== 'show') return Promise.resolve('')
    const blocks = UNITS.map((unit) =>
      [
        `Id=${unit}`,
        `LoadState=${masked.includes(unit) ? 'masked' : 'loaded'}`,
        `ActiveState=${active.has(unit) ? 'active' : 'inactive'}`,
        'UnitFileState=enabled',
        unit.endsWith('.service') ? `MainPID=77\n${of.service ?? 'KillMode=process'}` : '',
        `DropInPaths=${loaded.has(unit) ? dropIn(unit) : ''}`,
      ]
        .filter((line) => line !== '')
        .join('\n'),
    )
    return Promise.resolve(`${blocks.join('\n\n')}\n\nId=libvirtd-tls.socket\nLoadState=not-found\n`)
  }
  const engine = {
    kind: 'docker',
    listContainers: () => Promise.resolve([]),
    inspectContainer: () => Promise.resolve(undefined),
  } as Partial<NodeEngine> as NodeEngine
  const dropIns = (): readonly string[] =>
    readdirSync(join(root, 'etc/systemd/system')).filter((name) => name.endsWith('.d'))
  return { engine: withHostDaemons(engine, { root, systemctl }), calls, active, dropIns, root }
}

test('the libvirtd of the host is listed as a container, unless labels are asked for', async () => {
  const { engine } = host()
  const [found, ...others] = await engine.listContainers({})
  assert.deepEqual(others, [])
  assert.deepEqual(
    [found?.name, found?.status, found?.pid, found?.restartPolicy],
    [NAME, 'running', 77, 'always'],
  )
  assert.equal(found?.hostUnit?.obstacle, undefined)
  assert.deepEqual(await engine.listContainers({ labels: { 'io.anneal.project': 'x' } }), [])
  assert.deepEqual(await host({ missing: true }).engine.listContainers({}), [])
  assert.equal(await engine.inspectContainer('systemd:other.service'), undefined)
})

test('a stop disarms every unit first, then stops sockets and service, and libvirt-guests never', async () => {
  const { engine, calls, active, dropIns } = host()
  await engine.stopContainer(NAME, 1000)
  assert.deepEqual(calls, [
    'daemon-reload',
    'stop libvirtd.socket libvirtd-ro.socket',
    'stop libvirtd.service',
  ])
  assert.deepEqual(dropIns(), LIBVIRTD.map((unit) => `${unit}.d`).toSorted())
  assert.deepEqual([...active], ['libvirt-guests.service'])
  const after = await engine.inspectContainer(NAME)
  assert.deepEqual([after?.status, after?.restartPolicy], ['exited', 'no'])
  assert.equal((await engine.listContainers({})).length, 1, 'one that is kept from acting is still listed')
  assert.deepEqual(await engine.listContainers({ running: true }), [])
})

test('a start takes the drop-ins away before it starts the sockets and the service', async () => {
  const { engine, calls, active, dropIns } = host()
  await engine.stopContainer(NAME, 1000)
  calls.length = 0
  await engine.startContainer(NAME)
  assert.deepEqual(dropIns(), [])
  assert.deepEqual(calls[0], 'daemon-reload')
  assert.equal(
    calls.at(-1),
    'start libvirtd.socket libvirtd-ro.socket libvirt-guests.service libvirtd.service',
  )
  assert.equal(active.size, LIBVIRTD.length)
})

test('arming and disarming change the drop-ins alone, and are done once', async () => {
  const { engine, calls, dropIns } = host()
  await engine.armContainer(NAME, 'no')
  await engine.armContainer(NAME, 'no')
  assert.deepEqual(calls, ['daemon-reload'])
  assert.equal(dropIns().length, LIBVIRTD.length)
  await engine.armContainer(NAME, 'always')
  await engine.armContainer(NAME, 'always')
  assert.deepEqual(calls, ['daemon-reload', 'daemon-reload'])
  assert.deepEqual(dropIns(), [])
})

test('a stop that would reach guests is refused before a drop-in is written', async () => {
  for (const service of [
    'KillMode=control-group',
    'KillMode=process\nExecStop={ path=/bin/x ; argv[]=/bin/x ; ignore_errors=no ; pid=0 }',
    'KillMode=process\nRuntimeDirectory=libvirt\nRuntimeDirectoryPreserve=no',
    'KillMode=process\nPrivateTmp=yes',
  ]) {
    const { engine, calls, dropIns } = host({ service })
    assert.notEqual((await engine.inspectContainer(NAME))?.hostUnit?.obstacle, undefined)
    await assert.rejects(engine.stopContainer(NAME, 1000), (error) =>
      isAnnealError(error, 'HOST_DAEMON_REFUSED'),
    )
    assert.deepEqual([calls, dropIns()], [[], []])
  }
})

test('a systemd that does not go by the drop-ins is an error, and nothing was stopped', async () => {
  const { engine, active } = host({ deaf: true })
  await assert.rejects(engine.stopContainer(NAME, 1000), (error) => isAnnealError(error, 'UNIT_NOT_DISARMED'))
  assert.equal(active.size, LIBVIRTD.length)
})

const DAEMONS = ['virtproxyd', 'virtnetworkd', 'virtsecretd', 'virtqemud']
const MODULAR_UNITS = [
  ...DAEMONS.flatMap((name) => [`${name}.service`, `${name}.socket`, `${name}-ro.socket`]),
  'libvirt-guests.service',
]

test('modular daemons are one container: all of them stop, the driver of QEMU last, and start again together', async () => {
  const { engine, calls, active, dropIns } = host({ units: MODULAR_UNITS })
  const [found, ...others] = await engine.listContainers({})
  assert.deepEqual([found?.name, found?.status, found?.pid, others], [MODULAR, 'running', 77, []])
  await engine.stopContainer(MODULAR, 1000)
  assert.deepEqual(calls, [
    'daemon-reload',
    'stop virtproxyd.socket virtproxyd-ro.socket virtnetworkd.socket virtnetworkd-ro.socket virtsecretd.socket virtsecretd-ro.socket',
    'stop virtproxyd.service virtnetworkd.service virtsecretd.service',
    'stop virtqemud.socket virtqemud-ro.socket',
    'stop virtqemud.service',
  ])
  assert.deepEqual([...active], ['libvirt-guests.service'])
  assert.equal(dropIns().length, MODULAR_UNITS.length)
  await engine.startContainer(MODULAR)
  assert.deepEqual([active.size, dropIns()], [MODULAR_UNITS.length, []])
})

test('while one kind is taken over, the other cannot start either; what is masked need not be kept from it', async () => {
  const units = [...LIBVIRTD, 'virtqemud.service', 'virtqemud.socket']
  const inactive = ['virtqemud.service', 'virtqemud.socket']
  const { engine, dropIns, active } = host({
    units: [...units, 'libvirtd-tls.socket'],
    inactive,
    masked: ['libvirtd-tls.socket'],
  })
  await engine.stopContainer(NAME, 1000)
  assert.deepEqual(dropIns(), units.map((unit) => `${unit}.d`).toSorted())
  await engine.startContainer(NAME)
  assert.deepEqual(dropIns(), [])
  assert.equal(active.has('virtqemud.service'), false)
})

test('while units of both kinds are up, neither is stopped', async () => {
  const units = [...LIBVIRTD, 'virtqemud.service', 'virtqemud.socket']
  const { engine, calls, dropIns } = host({ units, inactive: ['virtqemud.service'] })
  const seen = await engine.listContainers({ running: true })
  assert.deepEqual(
    seen.map(({ name, pid, hostUnit }) => [name, pid, hostUnit?.rival]),
    [
      [NAME, 77, 'virtqemud.socket'],
      [MODULAR, 0, 'libvirtd.service'],
    ],
  )
  for (const name of [NAME, MODULAR])
    await assert.rejects(engine.stopContainer(name, 1000), (error) =>
      isAnnealError(error, 'HOST_LIBVIRT_MIXED'),
    )
  assert.deepEqual([calls, dropIns()], [[], []])
})
