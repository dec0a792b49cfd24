import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { systemdUnitReader } from './unit-reader.ts'

const dir = mkdtempSync(join(tmpdir(), 'anneal-units-'))
test.after(() => rmSync(dir, { recursive: true }))

function host(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(dir, 'root-'))
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true })
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  return root
}

// As systemd 252 prints it.
const SHOWN = `Restart=always
ExecStart={ path=/usr/bin/docker ; argv[]=/usr/bin/docker start -a \${NAME} ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
ExecStop={ path=/usr/bin/docker ; argv[]=/usr/bin/docker stop nova_libvirt -t 60 ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
Environment=NAME=nova_libvirt "OTHER=two words"
Id=kolla.service
TriggeredBy=
WantedBy=multi-user.target
ActiveState=active
UnitFileState=enabled
FragmentPath=/etc/systemd/system/kolla.service
MainPID=4711
ControlGroup=/system.slice/kolla.service
KillMode=control-group

Restart=no
Id=scripted.service
ActiveState=inactive
MainPID=0
ControlGroup=
UnitFileState=disabled
EnvironmentFiles=/etc/default/scripted (ignore_errors=no)
ExecStart={ path=/opt/up ; argv[]=/opt/up $WHAT ; ignore_errors=no ; start_time=[n/a] ; stop_time=[n/a] ; pid=0 ; code=(null) ; status=0/0 }
FragmentPath=/etc/systemd/system/scripted.service
`

const FILES = {
  'etc/systemd/system/kolla.service': '[Service]\nExecStart=/usr/bin/docker start -a ${NAME}\n',
  'etc/systemd/system/scripted.service': '[Service]\nExecStart=-/opt/up $WHAT\n',
  'etc/systemd/system/ssh.service': '[Service]\nExecStart=/usr/sbin/sshd -D\n',
  'usr/lib/systemd/system/dropped.service': '[Service]\nExecStart=/bin/true\n',
  'etc/systemd/system/dropped.service.d/x.conf': '[Service]\nExecStartPost=/usr/bin/podman start c\n',
  'usr/lib/systemd/system/each@.service': '[Service]\nExecStart=/usr/bin/podman start %i\n',
  'etc/systemd/system/multi-user.target.wants/each@nova.service': '',
  'etc/default/scripted': '# names\nWHAT=nova_libvirt\n',
  'opt/up': '#!/bin/sh\nexec docker start "$1"\n',
}

test('units that call an engine are asked about: by file, drop-in, script or instance; no others are', async () => {
  const asked: (readonly string[])[] = []
  const systemctl = async (argv: readonly string[]): Promise<string> => {
    asked.push(argv)
    return argv[0] === 'show' ? SHOWN : 'each@one.service loaded active running Each\n'
  }
  await systemdUnitReader({ root: host(FILES), systemctl }).services()
  const names = asked.find(([verb]) => verb === 'show')?.slice(3)
  assert.deepEqual(names?.toSorted(), [
    'dropped.service',
    'each@nova.service',
    'each@one.service',
    'kolla.service',
    'scripted.service',
  ])
})

test('a unit is what systemd says of it, with its variables and the text of its scripts', async () => {
  const systemctl = async (argv: readonly string[]) => (argv[0] === 'show' ? SHOWN : '')
  const [kolla, scripted] = await systemdUnitReader({ root: host(FILES), systemctl }).services()
  assert.deepEqual(kolla, {
    name: 'kolla.service',
    activeState: 'active',
    fileState: 'enabled',
    restart: 'always',
    wantedBy: ['multi-user.target'],
    neededBy: ['multi-user.target'],
    triggeredBy: [],
    starts: ['/usr/bin/docker start -a nova_libvirt'],
    stops: ['/usr/bin/docker stop nova_libvirt -t 60'],
    scripts: [],
    mainPid: 4711,
    controlGroup: '/system.slice/kolla.service',
    killMode: 'control-group',
    source: '/etc/systemd/system/kolla.service',
  })
  assert.ok(scripted !== undefined && !('mainPid' in scripted) && !('controlGroup' in scripted))
  assert.deepEqual(scripted?.starts, ['/opt/up nova_libvirt'])
  assert.deepEqual(scripted?.scripts, [FILES['opt/up']])
})

test('a host without such units, or without systemd, is not asked', async () => {
  const systemctl = (): Promise<string> => Promise.reject(new Error('asked'))
  assert.deepEqual(await systemdUnitReader({ root: host({}), systemctl }).services(), [])
  assert.deepEqual(await systemdUnitReader({ root: join(dir, 'none'), systemctl }).services(), [])
})

/** A `systemctl show` that answers with these blocks, by the name of the unit. */
function answering(blocks: Readonly<Record<string, string>>) {
  return (argv: readonly string[]): Promise<string> => {
    const names = argv.slice(argv.indexOf('--') + 1)
    return Promise.resolve(names.map((name) => blocks[name]).join('\n'))
  }
}

test('units that systemd stops or restarts with one that calls an engine are also asked about', async () => {
  const root = host({ 'etc/systemd/system/a.service': '[Service]\nExecStart=/usr/bin/docker start -a x\n' })
  const blocks: Readonly<Record<string, string>> = {
    'a.service':
      'Id=a.service\nBoundBy=b.service\nRequiredBy=c.target\nRequires=docker.service system.slice\n',
    'b.service': 'Id=b.service\nConsistsOf=d.service a.service\n',
    'c.target': 'Id=c.target\n',
    'd.service': 'Id=d.service\n',
  }
  const units = await systemdUnitReader({ root, systemctl: answering(blocks) }).services()
  assert.deepEqual(
    units.map(({ name }) => name),
    ['a.service', 'b.service', 'c.target', 'd.service'],
  )
  assert.deepEqual(units[0]?.stopsWithIt, ['b.service'])
  assert.deepEqual(units[0]?.restartsWithIt, ['c.target'])
  assert.deepEqual(units[0]?.stoppedWith, ['docker.service', 'system.slice'])
})

test('units that are there only as long as they are needed are asked about, with those that need them, and no other need', async () => {
  const root = host({ 'etc/systemd/system/a.service': '[Service]\nExecStart=/usr/bin/docker start -a x\n' })
  const blocks: Readonly<Record<string, string>> = {
    'a.service':
      'Id=a.service\nWants=b.service c.service\nRequires=system.slice\nFailureAction=reboot\nRuntimeMaxUSec=1d\n',
    'b.service':
      'Id=b.service\nStopWhenUnneeded=yes\nWantedBy=a.service d.service\nRuntimeMaxUSec=infinity\n',
    'c.service': 'Id=c.service\nStopWhenUnneeded=no\n',
    'd.service': 'Id=d.service\nFailureAction=none\n',
    'system.slice': 'Id=system.slice\n',
  }
  const units = await systemdUnitReader({ root, systemctl: answering(blocks) }).services()
  assert.deepEqual(
    units.map(({ name, stopsUnneeded, endsHost, endsAfter }) => ({
      name,
      stopsUnneeded,
      endsHost,
      endsAfter,
    })),
    [
      { name: 'a.service', stopsUnneeded: undefined, endsHost: ['FailureAction=reboot'], endsAfter: '1d' },
      { name: 'b.service', stopsUnneeded: true, endsHost: undefined, endsAfter: undefined },
      { name: 'd.service', stopsUnneeded: undefined, endsHost: undefined, endsAfter: undefined },
    ],
  )
})
