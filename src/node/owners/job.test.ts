import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import type { Container } from '../container.ts'
import type { Process, ProcessTable } from '../process.ts'
import { findOwners } from './find-owners.ts'
import { ownerFindings } from './findings.ts'
import type { Job } from './job.ts'
import { findPruners } from './prune.ts'
import type { ServiceUnit } from './service-unit.ts'

const NOVA: Container = { ...LIBVIRT, name: 'nova_libvirt', id: 'ab'.repeat(32), labels: {} }
const job = (command: string, schedule = '@reboot'): Job => ({
  source: '/etc/cron.d/guests',
  schedule,
  starts: [command],
  scripts: [],
})
const running = (name: string, ...argv: readonly string[]): Process => ({
  pid: 50,
  startTicks: 1,
  ppid: 1,
  name,
  exe: '',
  exeInode: '',
  argv,
  uid: 0,
  namespaces: undefined,
  cgroups: [],
})
const table = (...processes: readonly Process[]): ProcessTable => ({
  layout: 'hybrid',
  hostPidNamespace: 1,
  processes,
})
const CRON = running('cron', '/usr/sbin/cron', '-f')

function found(
  jobs: readonly Job[],
  processes: readonly Process[] = [CRON],
  container = NOVA,
): readonly string[] {
  const owners = findOwners({
    engine: { changesRestartPolicy: true },
    containers: [container],
    units: [],
    jobs,
    table: table(...processes),
  })
  return ownerFindings(owners, 'strict').map(({ severity, code }) => `${severity} ${code}`)
}

test('a job of cron that starts the container refuses the plan, where a cron runs', () => {
  const jobs = [job('docker start nova_libvirt')]
  for (const cron of [CRON, running('crond'), running('busybox', 'busybox', 'crond'), running('anacron')])
    assert.deepEqual(found(jobs, [cron]), ['refuse CONTAINER_STARTED_BY_JOB'])
  assert.deepEqual(found(jobs, []), ['info CONTAINER_UNIT_IDLE'])
  assert.deepEqual(found([job('docker exec nova_libvirt true')]), [])
})

test('a job that starts a unit acts where the unit would start the container and cannot be kept from it', () => {
  const unit: ServiceUnit = {
    name: 'libvirt-up.service',
    activeState: 'inactive',
    fileState: 'disabled',
    restart: 'no',
    wantedBy: [],
    triggeredBy: [],
    starts: ['/opt/up'],
    stops: [],
    scripts: ['#!/bin/sh\ndocker start nova_libvirt\n'],
    source: '',
  }
  const of = (command: string, units: readonly ServiceUnit[] = [unit]): readonly string[] =>
    findOwners({
      engine: { changesRestartPolicy: true },
      containers: [NOVA],
      units,
      jobs: [job(command)],
      table: table(CRON),
    }).map(({ kind, effect }) => `${kind} ${effect}`)
  assert.deepEqual(of('systemctl restart libvirt-up'), ['unit idle', 'job acts'])
  assert.deepEqual(of('/usr/sbin/service libvirt-up start'), ['unit idle', 'job acts'])
  assert.deepEqual(of('systemctl stop libvirt-up.service'), ['unit idle'])
  assert.deepEqual(of('systemctl start other'), ['unit idle'])
  const plain = { ...unit, starts: ['/usr/bin/docker start nova_libvirt'], scripts: [] }
  assert.deepEqual(of('systemctl start libvirt-up', [plain]), ['unit idle'], 'the switch disarms it')
})

test('the plan warns of a job that restarts unhealthy containers, where the container has a health check', () => {
  const checked: Container = { ...NOVA, health: 'healthy' }
  const autoheal = job('/opt/autoheal', '*/5 * * * *')
  const scripts = [
    `#!/bin/sh\ncurl --unix-socket /run/docker.sock 'http://d/containers/json?filters={"health":["unhealthy"]}' | jq -r .[].Id | while read id; do\n  curl --unix-socket /run/docker.sock -X POST "http://d/containers/$id/restart"\ndone`,
  ]
  const warned = ['warn CONTAINER_REPLACED']
  assert.deepEqual(found([{ ...autoheal, scripts }], [CRON], checked), warned)
  const line = job('docker ps -q -f health=unhealthy | xargs -r docker restart')
  assert.deepEqual(found([line], [CRON], checked), warned)
  assert.deepEqual(found([line], [CRON], { ...NOVA, health: 'none' }), [])
  assert.deepEqual(found([line], [], checked), [], 'no cron runs')
  assert.deepEqual(found([job('docker ps -q -f health=unhealthy | mail root')], [CRON], checked), [])
})

test('no finding shows the command of a job, which may hold a secret', () => {
  const owners = findOwners({
    engine: { changesRestartPolicy: true },
    containers: [NOVA],
    units: [],
    jobs: [job('TOKEN=hunter2 docker start nova_libvirt', '*/5 * * * *')],
    table: table(CRON),
  })
  const told = JSON.stringify(ownerFindings(owners, 'strict'))
  assert.doesNotMatch(told, /hunter2/)
  assert.ok(told.includes('*/5 * * * *') && told.includes('/etc/cron.d/guests'), told)
})

test('a container that an orchestrator made is refused', () => {
  for (const label of [
    'com.docker.swarm.task.id',
    'io.kubernetes.pod.uid',
    'com.hashicorp.nomad.alloc_id',
    'com.amazonaws.ecs.task-arn',
  ])
    assert.deepEqual(found([], [], { ...NOVA, labels: { [label]: 'x' } }), ['refuse CONTAINER_ORCHESTRATED'])
})

test('what removes stopped containers is named: jobs where a cron runs, units where something starts them', () => {
  const unit: ServiceUnit = {
    name: 'docker-prune.service',
    activeState: 'inactive',
    fileState: 'static',
    restart: 'no',
    wantedBy: [],
    triggeredBy: ['docker-prune.timer'],
    starts: ['/usr/bin/docker system prune --force'],
    stops: [],
    scripts: [],
    source: '/etc/systemd/system/docker-prune.service',
  }
  const pruners = (units: readonly ServiceUnit[], jobs: readonly Job[], ...processes: readonly Process[]) =>
    findPruners({ units, jobs, table: table(...processes) }).map(({ name }) => name)
  assert.deepEqual(pruners([unit], []), ['docker-prune.service'])
  assert.deepEqual(pruners([{ ...unit, triggeredBy: [] }], []), [])
  const jobs = (command: string) => pruners([], [job(command, '0 4 * * *')], CRON)
  assert.deepEqual(jobs('docker container prune -f'), ['/etc/cron.d/guests'])
  assert.deepEqual(jobs('/usr/bin/podman system prune -a -f'), ['/etc/cron.d/guests'])
  assert.deepEqual(pruners([], [job('docker system prune -f')]), [], 'no cron runs')
  assert.deepEqual(jobs('docker image prune -af'), [])
  assert.deepEqual(jobs('docker system prune -f --filter label!=io.anneal.project'), [])
  assert.deepEqual(jobs('docker system prune -f --filter "label=scratch"'), [])
  assert.deepEqual(jobs('docker system prune -f --filter until=24h'), ['/etc/cron.d/guests'])
})
