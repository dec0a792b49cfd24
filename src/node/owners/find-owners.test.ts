import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import type { Container } from '../container.ts'
import type { Process, ProcessTable } from '../process.ts'
import { kollaUnit } from '../testing/index.ts'
import { composeProject } from './compose-project.ts'
import { findOwners } from './find-owners.ts'
import { hostEndFindings, ownerFindings } from './findings.ts'
import type { ServiceUnit } from './service-unit.ts'

const NOVA: Container = {
  ...LIBVIRT,
  name: 'nova_libvirt',
  id: 'ab'.repeat(32),
  labels: {},
  restartPolicy: 'no',
}
const DOCKER = { changesRestartPolicy: true }
/** Before 5.1. */
const PODMAN = { changesRestartPolicy: false }

const KOLLA = kollaUnit('nova_libvirt')
const IDLE = { activeState: 'inactive', fileState: 'disabled', restart: 'no', wantedBy: [] } as const

function process(argv: readonly string[], cgroup = '/', more: Partial<Process> = {}): Process {
  return {
    pid: 50,
    startTicks: 1,
    ppid: 40,
    name: argv[0] ?? '',
    exe: '/usr/bin/docker',
    exeInode: '',
    argv,
    uid: 0,
    namespaces: undefined,
    cgroups: [{ hierarchy: 1, controllers: ['name=systemd'], path: cgroup }],
    ...more,
  }
}
const table = (...processes: Process[]): ProcessTable => ({
  layout: 'hybrid',
  hostPidNamespace: 1,
  processes,
})

function owners(
  units: readonly ServiceUnit[],
  container: Container = NOVA,
  processes: readonly Process[] = [],
  engine = DOCKER,
): readonly string[] {
  return findOwners({ engine, containers: [container], units, jobs: [], table: table(...processes) }).map(
    ({ kind, name, effect }) => `${kind} ${name} ${effect}`,
  )
}

test('the unit of Kolla acts: it restarts the container and starts it at boot', () => {
  assert.deepEqual(owners([KOLLA]), ['unit kolla-nova_libvirt-container.service acts'])
  const [finding] = ownerFindings(
    findOwners({ engine: DOCKER, containers: [NOVA], units: [KOLLA], jobs: [], table: table() }),
    'strict',
  )
  assert.equal(finding?.severity, 'refuse')
  assert.match(finding?.evidence ?? '', /Restart=always.*starts it at boot/)
})

test('a unit of another container is none of this one', () => {
  assert.deepEqual(owners([{ ...KOLLA, starts: ['/usr/bin/docker start -a nova_libvirt_exporter'] }]), [])
  assert.deepEqual(owners([{ ...KOLLA, starts: ['/usr/bin/docker exec nova_libvirt virsh list'] }]), [])
  assert.deepEqual(owners([{ ...KOLLA, starts: ['/usr/bin/dockerd --label nova_libvirt'] }]), [])
})

test('a unit that nothing starts and that restarts nothing is idle', () => {
  assert.deepEqual(owners([{ ...KOLLA, ...IDLE }]), ['unit kolla-nova_libvirt-container.service idle'])
  assert.deepEqual(owners([{ ...KOLLA, ...IDLE, triggeredBy: ['nova.timer'] }]), [
    'unit kolla-nova_libvirt-container.service acts',
  ])
})

test('a container is known by its id, the beginning of its id and every way to start it', () => {
  for (const line of [
    `/usr/bin/docker start ${NOVA.id}`,
    `/usr/bin/docker start -a ${NOVA.id.slice(0, 12)}`,
    '/usr/bin/docker --host unix:///run/docker.sock container start nova_libvirt',
    '/usr/bin/docker restart -t 3 nova_libvirt',
    '/usr/bin/podman run --rm --name nova_libvirt --net host img',
    '/usr/bin/podman run --cidfile=/run/x.cid --name=nova_libvirt img',
    `/bin/sh -c "docker rm -f nova_libvirt; docker run -d --name nova_libvirt img"`,
    '/bin/bash -ec while true; do docker start -a nova_libvirt; sleep 5; done',
  ]) {
    assert.equal(owners([{ ...KOLLA, starts: [line] }]).length, 1, line)
  }
})

test('a script that a unit starts is read, also where it keeps the name in a variable', () => {
  const script = (text: string) =>
    owners([{ ...KOLLA, starts: ['/usr/local/sbin/up'], scripts: [text] }]).length
  assert.equal(script('#!/bin/sh\nexec docker start -a nova_libvirt\n'), 1)
  assert.equal(script('#!/bin/sh\nNAME=nova_libvirt\ndocker start -a "$NAME"\n'), 1)
  assert.equal(script('#!/bin/sh\n# docker start nova_libvirt\ndocker exec nova_libvirt virsh list\n'), 0)
})

test('the label of Podman names the unit, and a unit that removes the container when it ends acts', () => {
  const quadlet = { ...NOVA, labels: { PODMAN_SYSTEMD_UNIT: 'nova.service' } }
  const unit = {
    ...KOLLA,
    name: 'nova.service',
    fileState: 'generated',
    restart: 'no',
    wantedBy: [],
    starts: ['/usr/bin/podman run --name=systemd-nova --cidfile=/run/nova.cid --replace --rm -d img'],
    stops: ['/usr/bin/podman rm -v -f -i --cidfile=/run/nova.cid'],
    source: '/etc/containers/systemd/nova.container',
  }
  assert.deepEqual(owners([unit], quadlet, [], PODMAN), ['unit nova.service acts'])
  assert.deepEqual(owners([{ ...unit, stops: [] }], quadlet, [], PODMAN), ['unit nova.service idle'])
  const [finding] = ownerFindings(
    findOwners({ engine: PODMAN, containers: [quadlet], units: [unit], jobs: [], table: table() }),
    'strict',
  )
  assert.match(finding?.remedy ?? '', /nova\.container/)
})

test('podman-restart.service acts on a policy that this Podman cannot take back', () => {
  const unit = {
    ...KOLLA,
    name: 'podman-restart.service',
    restart: 'no',
    starts: ['/usr/bin/podman $LOGGING start --all --filter restart-policy=always'],
    stops: [],
  }
  const always = { ...NOVA, restartPolicy: 'always' } as const
  const found = (container: Container, engine: Parameters<typeof findOwners>[0]['engine']) =>
    findOwners({ engine, containers: [container], units: [unit], jobs: [], table: table() }).length
  assert.equal(found(always, PODMAN), 1)
  assert.equal(found(NOVA, PODMAN), 0)
  assert.equal(found(always, { changesRestartPolicy: true }), 0)
})

test('a process that waits for the container is named with what started it', () => {
  const shell = process(['/bin/sh', '/opt/loop'], '/', { pid: 40, ppid: 1, name: 'loop' })
  const found = (...argv: readonly string[]) => owners([], NOVA, [process(argv), shell])
  assert.deepEqual(found('docker', 'start', '-a', 'nova_libvirt'), ['watcher docker start (pid 50) acts'])
  assert.deepEqual(found('/usr/bin/docker', 'wait', 'nova_libvirt'), ['watcher docker wait (pid 50) acts'])
  assert.deepEqual(found('docker', 'run', '--rm', '--name', 'nova_libvirt', 'i'), [
    'watcher docker run (pid 50) acts',
  ])
  assert.deepEqual(found('docker', 'logs', '-f', 'nova_libvirt'), [])
  assert.deepEqual(found('docker', 'start', 'nova_libvirt'), [])
  assert.deepEqual(found('docker', 'wait', 'another'), [])
  const [owner] = findOwners({
    engine: DOCKER,
    containers: [NOVA],
    units: [],
    jobs: [],
    table: table(process(['docker', 'wait', 'nova_libvirt']), shell),
  })
  assert.match(owner?.evidence ?? '', /started by loop \(pid 40\)/)
})

test('the process of a unit that is reported is not reported again', () => {
  const own = process(['docker', 'start', '-a', 'nova_libvirt'], `/system.slice/${KOLLA.name}`)
  assert.equal(owners([KOLLA], NOVA, [own]).length, 1)
  assert.equal(owners([], NOVA, [own]).length, 1)
  // A systemd with cgroup v2 in a container of a machine that has v1 as well.
  const v2 = { hierarchy: 0, controllers: [], path: `/system.slice/${KOLLA.name}` }
  assert.equal(owners([KOLLA], NOVA, [{ ...own, cgroups: [...process([]).cgroups, v2] }]).length, 1)
})

test('programs that replace containers are a warning, and Compose is mentioned', () => {
  const tower = {
    ...LIBVIRT,
    id: 'c'.repeat(64),
    name: 'tower',
    image: 'containrrr/watchtower:1.7.1',
    labels: {},
  }
  const found = (labels: Readonly<Record<string, string>>) => {
    const container = { ...NOVA, labels }
    return ownerFindings(
      findOwners({ engine: DOCKER, containers: [container], units: [], jobs: [], table: table() }, [
        container,
        tower,
      ]),
      'strict',
    ).map(({ severity, code }) => `${severity} ${code}`)
  }
  assert.deepEqual(found({}), ['warn CONTAINER_REPLACED'])
  assert.deepEqual(found({ 'com.centurylinklabs.watchtower.enable': 'false' }), [])
  assert.deepEqual(
    found({ 'com.centurylinklabs.watchtower.enable': 'false', 'io.containers.autoupdate': 'registry' }),
    ['warn CONTAINER_REPLACED'],
  )
  assert.deepEqual(
    found({ 'com.centurylinklabs.watchtower.enable': 'false', 'com.docker.compose.project': 'kolla' }),
    ['warn CONTAINER_OF_COMPOSE'],
  )
})

const COMPOSED = {
  ...NOVA,
  labels: {
    'com.docker.compose.project': 'nova',
    'com.docker.compose.service': 'libvirt',
    'com.docker.compose.project.working_dir': '/opt/nova',
    'com.docker.compose.project.config_files': '/opt/nova/compose.yaml',
  },
}

test('a unit that brings up the Compose project of the container acts', () => {
  const unit = (line: string, more: Partial<ServiceUnit> = {}) =>
    owners([{ ...KOLLA, starts: [line], ...more }], COMPOSED).filter((owner) => owner.startsWith('unit'))
      .length
  assert.equal(unit('/usr/bin/docker compose -f /opt/nova/compose.yaml up'), 1)
  assert.equal(unit('/usr/bin/docker compose -p nova up -d'), 1)
  assert.equal(unit('/usr/bin/docker compose -p other up -d'), 0)
  assert.equal(unit('/bin/sh -c "cd /opt/nova && docker-compose up -d"'), 1)
  assert.equal(unit('/usr/bin/docker compose up -d', { composeFrom: ['/opt/nova'] }), 1)
  assert.equal(unit('/usr/bin/docker compose up -d', { composeFrom: ['/opt/nova/'] }), 1)
  assert.equal(unit('/usr/bin/docker compose up -d', { composeFrom: ['/opt/other'] }), 0)
  assert.equal(unit('/usr/bin/docker-compose up', { composeFrom: ['nova'] }), 1)
  assert.equal(unit('/usr/bin/docker compose up -d'), 0)
})

test('files of a Compose project are absolute, also where Compose 1 wrote them as they were given', () => {
  const labels = { ...COMPOSED.labels, 'com.docker.compose.project.config_files': 'a.yml,/etc/b.yml' }
  assert.deepEqual(composeProject({ labels })?.files, ['/opt/nova/a.yml', '/etc/b.yml'])
  assert.equal(composeProject({ labels: { ...labels, 'io.anneal.project': 'compute' } }), undefined)
})

test('a plan that stops a container of Compose warns of what Compose would do with it; the doctor tells of it', () => {
  const of = (strictness: 'strict' | 'lenient') =>
    ownerFindings(
      findOwners({ engine: DOCKER, containers: [COMPOSED], units: [], jobs: [], table: table() }),
      strictness,
    )[0]
  assert.equal(of('lenient')?.severity, 'info')
  const told = of('strict')
  assert.deepEqual([told?.severity, told?.code], ['warn', 'CONTAINER_OF_COMPOSE'])
  assert.match(told?.evidence ?? '', /project "nova" \(\/opt\/nova\/compose\.yaml\)/)
  assert.match(told?.evidence ?? '', /`up`, `start`, `restart` in that project start this container beside/)
  assert.match(told?.evidence ?? '', /`down`, `rm` remove it/)
})

test('no command line reaches a finding', () => {
  const unit = {
    ...KOLLA,
    starts: ['/usr/bin/docker run -e PASSWORD=not-to-be-told --name nova_libvirt img'],
  }
  const found = findOwners({ engine: DOCKER, containers: [NOVA], units: [unit], jobs: [], table: table() })
  assert.doesNotMatch(JSON.stringify([found, ownerFindings(found, 'strict')]), /not-to-be-told/)
})

/** Why a unit cannot be disarmed; undefined where it can. */
function obstacle(unit: ServiceUnit): string | undefined {
  const [owner] = findOwners({ engine: DOCKER, containers: [NOVA], units: [unit], jobs: [], table: table() })
  return owner?.disarming?.possible === false ? owner.disarming.why : undefined
}

test('a unit that only starts the container can be disarmed; what it was is remembered', () => {
  const [owner] = findOwners({ engine: DOCKER, containers: [NOVA], units: [KOLLA], jobs: [], table: table() })
  assert.deepEqual(owner?.disarming, {
    possible: true,
    supervisor: { unit: KOLLA.name, ran: true },
  })
  assert.equal(
    obstacle({ ...KOLLA, starts: ['-/usr/bin/docker container start -a nova_libvirt'] }),
    undefined,
  )
  assert.equal(obstacle({ ...KOLLA, starts: ['/bin/sleep 3', ...KOLLA.starts] }), undefined)
  assert.equal(obstacle({ ...KOLLA, triggeredBy: ['nova.timer'] }), undefined)
})

test('a unit that does more than start the container cannot be disarmed, and says why', () => {
  const starting = (...starts: readonly string[]): string | undefined => obstacle({ ...KOLLA, starts })
  assert.match(starting('/bin/sh -c "while docker start -a nova_libvirt; do sleep 5; done"') ?? '', /script/)
  assert.match(starting('/usr/bin/docker rm -f nova_libvirt', ...KOLLA.starts) ?? '', /docker rm/)
  assert.match(starting('/usr/bin/docker start nova_libvirt nova_compute') ?? '', /"nova_compute"/)
  assert.match(starting('/usr/bin/docker run --name nova_libvirt img') ?? '', /docker run/)
  const script = '#!/bin/sh\nexec docker start -a nova_libvirt\n'
  assert.match(obstacle({ ...KOLLA, starts: ['/opt/up'], scripts: [script] }) ?? '', /script/)
  assert.match(obstacle({ ...KOLLA, triggeredBy: ['nova.path'] }) ?? '', /nova\.path/)
  assert.match(obstacle({ ...KOLLA, stopsWithIt: ['agent.service'] }) ?? '', /agent\.service/)
  assert.match(
    obstacle({ ...KOLLA, startsAtEnd: ['restart-guests.service'] }) ?? '',
    /restart-guests\.service/,
  )
})

test('a plan that disarms the unit is not refused for it; one that cannot is, with the reason', () => {
  const of = (unit: ServiceUnit) =>
    ownerFindings(
      findOwners({ engine: DOCKER, containers: [NOVA], units: [unit], jobs: [], table: table() }),
      'strict',
      (container, name) => container === NOVA.name && name === KOLLA.name,
    )[0]
  assert.equal(of(KOLLA)?.code, 'SUPERVISOR_DISARMED')
  assert.equal(of({ ...KOLLA, stopsWithIt: ['agent.service'] })?.code, 'CONTAINER_OWNED')
  assert.match(of({ ...KOLLA, stopsWithIt: ['agent.service'] })?.evidence ?? '', /cannot disarm it.*agent/)
  assert.equal(of({ ...KOLLA, name: 'another.service' })?.code, 'CONTAINER_OWNED')
  assert.equal(of({ ...KOLLA, hasPrivateTmp: true })?.code, 'SUPERVISOR_DISARMED', 'only its client has that')
  const starts = KOLLA.starts.map((line) => line.replace('docker', 'podman'))
  assert.match(of({ ...KOLLA, starts, hasPrivateTmp: true })?.evidence ?? '', /cannot disarm it.*PrivateTmp=/)
})

test('a unit that is disarmed does not act', () => {
  assert.deepEqual(owners([{ ...KOLLA, disarmed: true }]), [
    'unit kolla-nova_libvirt-container.service disarmed',
  ])
})

test('a unit that ends the host, or its container after a time, is reported unless the switch disarms it', () => {
  const unit = { ...KOLLA, endsHost: ['FailureAction=reboot'], endsAfter: '1d' }
  const codes = (all: readonly ServiceUnit[], disarms?: () => boolean): readonly string[] =>
    ownerFindings(
      findOwners({ engine: DOCKER, containers: [NOVA], units: all, jobs: [], table: table() }),
      'strict',
      disarms,
    ).map(({ severity, code, evidence }) =>
      code === 'CONTAINER_UNIT_ENDS' ? `${severity} ${code} ${evidence}` : code,
    )
  assert.deepEqual(codes([unit]), [
    'refuse CONTAINER_UNIT_ENDS kolla-nova_libvirt-container.service has FailureAction=reboot, RuntimeMaxSec=1d',
    'CONTAINER_OWNED',
  ])
  assert.deepEqual(codes([{ ...KOLLA, endsAfter: '1d' }]), [
    'warn CONTAINER_UNIT_ENDS kolla-nova_libvirt-container.service has RuntimeMaxSec=1d',
    'CONTAINER_OWNED',
  ])
  assert.deepEqual(codes([{ ...unit, ...IDLE }]), ['CONTAINER_UNIT_IDLE'])
  assert.deepEqual(
    codes([unit], () => true),
    ['SUPERVISOR_DISARMED'],
  )
})

test('a unit with which the host ends is found, and a time limit does not count', () => {
  const ends = (unit: ServiceUnit): readonly string[] =>
    hostEndFindings(
      findOwners({ engine: DOCKER, containers: [NOVA], units: [unit], jobs: [], table: table() }),
    ).map(({ code, evidence }) => `${code} ${evidence}`)
  assert.deepEqual(ends({ ...KOLLA, endsHost: ['FailureAction=reboot'], endsAfter: '1d' }), [
    'CONTAINER_UNIT_ENDS kolla-nova_libvirt-container.service has FailureAction=reboot',
  ])
  assert.deepEqual(ends({ ...KOLLA, endsAfter: '1d' }), [])
})
