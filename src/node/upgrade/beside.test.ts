import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '../container.ts'
import { LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import type { Process } from '../process.ts'
import type { Role } from '../release/index.ts'
import { besideFindings } from './beside.ts'
import type { BesideInput } from './beside.ts'
import { makePlan } from './plan.ts'
import type { Deployment, Plan } from './plan.ts'

const HOST = { pid: 1, mnt: 2, net: 3, cgroup: 4, ipc: 5 }
const ROLES = new Map<string, Role>([
  ['logs', 'virtlogd'],
  ['libvirt', 'libvirt'],
  ['compute', 'compute'],
  ['network', 'network'],
])

const container = (name: string, changes: Partial<Container> = {}): Container => ({
  ...LIBVIRT,
  id: name,
  name,
  labels: {},
  pid: 100,
  rootUpperDir: `/overlay/${name}`,
  ...changes,
})

const process = (exe: string, owner: string | undefined, changes: Partial<Process> = {}): Process => ({
  pid: 200,
  startTicks: 1,
  ppid: 1,
  name: exe.slice(0, 15),
  exe: `/usr/sbin/${exe}`,
  exeInode: '1:1',
  argv: [exe],
  uid: 0,
  namespaces: HOST,
  cgroups: [],
  ...(owner === undefined ? {} : { rootUpperDir: `/overlay/${owner}` }),
  ...changes,
})

const NOVA_COMPUTE: Partial<Process> = {
  exe: '/usr/bin/python3.11',
  argv: ['/usr/bin/python3', '/usr/bin/nova-compute', '--config-file', '/etc/nova/nova.conf'],
  uid: 64060,
}

function plan(old: Readonly<Record<string, string>> = {}): Plan {
  const current: Deployment = {
    releaseId: 'old',
    project: 'compute',
    services: Object.entries(old).map(([name, containerName]) => ({
      name,
      digest: 'old',
      image: 'old',
      containerId: containerName,
      containerName,
      stopGraceMs: 1,
      restart: 'no',
    })),
  }
  const services = [...ROLES.keys()].map((name) => ({
    name,
    digest: 'new',
    image: 'new',
    replace: 'always' as const,
    stopGraceMs: 1,
    restart: 'no' as const,
  }))
  const release = { id: 'new', project: 'compute', libvirt: { service: 'libvirt' }, services }
  const options = { kind: 'upgrade', rescue: false, onFailure: 'rollBack', neededByGuests: [] } as const
  return makePlan(current, release, { ...options, previous: undefined }, () => 'plan')
}

function findings(
  processes: readonly Process[],
  containers: readonly Container[],
  changes: Partial<BesideInput> = {},
): readonly string[] {
  const table = { layout: 'legacy', hostPidNamespace: HOST.pid, processes } as const
  return besideFindings({ plan: plan(), roles: ROLES, table, containers, ...changes }).map(
    ({ code, severity, subject, remedy }) =>
      `${severity} ${code} ${subject} ${/--adopt [^ ;)]+/.exec(remedy)?.[0] ?? remedy}`,
  )
}

test('an inherited libvirt that the upgrade does not take over from refuses it, and the remedy names it', () => {
  const seen = findings([process('libvirtd', 'nova_libvirt')], [container('nova_libvirt')])
  assert.deepEqual(seen, ['refuse SERVICE_RUNS_BESIDE libvirt --adopt libvirt=nova_libvirt'])
})

test('a container is judged by what runs in it, not by its name', () => {
  assert.deepEqual(findings([], [container('nova_libvirt')]), [])
  const seen = findings([process('virtqemud', 'web')], [container('web')])
  assert.deepEqual(seen, ['refuse SERVICE_RUNS_BESIDE libvirt --adopt libvirt=web'])
})

test('virtlogd and nova-compute are found as well as libvirt', () => {
  const seen = findings(
    [process('virtlogd', 'a'), process('python3', 'b', NOVA_COMPUTE)],
    [container('a'), container('b')],
  )
  assert.deepEqual(seen, [
    'refuse SERVICE_RUNS_BESIDE logs --adopt logs=a',
    'refuse SERVICE_RUNS_BESIDE compute --adopt compute=b',
  ])
})

test('a container without an overlay is found by descent', () => {
  const owner = container('btrfs', { rootUpperDir: undefined, pid: 100 })
  const shell = process('dash', undefined, { pid: 100 })
  const seen = findings([shell, process('libvirtd', undefined, { pid: 101, ppid: 100 })], [owner])
  assert.deepEqual(seen, ['refuse SERVICE_RUNS_BESIDE libvirt --adopt libvirt=btrfs'])
})

test('containers that the plan stops, keeps or starts are no strangers', () => {
  const own = [
    process('libvirtd', 'nova_libvirt'),
    process('virtlogd', 'nova_libvirt'),
    process('python3', 'compute-compute-new', NOVA_COMPUTE),
  ]
  const containers = [container('nova_libvirt'), container('compute-compute-new')]
  assert.deepEqual(findings(own, containers, { plan: plan({ libvirt: 'nova_libvirt' }) }), [])
})

test('a libvirt of the host itself, or of another engine, refuses the upgrade', () => {
  const [seen = ''] = findings([process('libvirtd', undefined)], [])
  assert.match(seen, /^refuse SERVICE_RUNS_ELSEWHERE libvirt stop what runs it/)
})

test('a libvirt of the host that only listens refuses the upgrade, unless it is taken over', () => {
  const waiting = container('systemd:virtqemud.service', { pid: 0, hostUnit: { unit: 'virtqemud.service' } })
  assert.deepEqual(findings([], [waiting]), [
    'refuse SERVICE_SOCKET_BESIDE libvirt --adopt libvirt=systemd:virtqemud.service',
  ])
  assert.deepEqual(findings([], [{ ...waiting, status: 'exited' }]), [])
  assert.deepEqual(findings([], [waiting], { plan: plan({ libvirt: waiting.name }) }), [])
})

test('containers that are not part of the node are left alone', () => {
  const foreign = { ...HOST, pid: 77 }
  const asked = container('asked', { labels: { 'io.anneal.run-once': '4711' } })
  assert.deepEqual(
    findings(
      [
        // A machine within the machine, such as a container of systemd-nspawn.
        process('libvirtd', undefined, { namespaces: foreign }),
        // A user's own session.
        process('libvirtd', undefined, { uid: 1000 }),
        process('libvirtd', 'asked', { namespaces: foreign }),
        process('neutron-linuxbridge-agent', 'agents'),
      ],
      [asked, container('agents')],
    ),
    [],
  )
})
