/**
 * Guests that would die with their container are moved out of it, on real hosts of the test bed, with real engines,
 * libvirt and QEMU: they live through the stop, and the next libvirt manages them as if nothing had been.
 * Each fault is one that the shipped release prevents: the libvirt hook is masked to bring it about.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  consoleBytes,
  consoleLogPath,
  domainXml,
  guestPid,
  Host,
  instanceDirectory,
  runLibvirt,
  startGuest,
  tickPath,
  ticks,
  virsh,
  waitForTicks,
} from '../../../../lab/index.ts'
import type { ByHand, Guest, HostSpec, NestedEngine } from '../../../../lab/index.ts'
import type { RescueReport } from '../../../../src/ports/index.ts'

const IMAGE = 'nova-libvirt:bookworm'
export const NEXT_IMAGE = 'nova-libvirt:bookworm-backports'
const NODE = '/opt/anneal/node_modules/.bin/node'
const PROGRAM = '/opt/anneal/test/integration/node/support/rescue-here.ts'
/** Without it libvirt's own placement is all that a guest has. */
const MASK_HOOK = ['--volume', '/dev/null:/etc/libvirt/hooks/qemu']

const RUNC_FOR_PODMAN = `mkdir -p /etc/containers/containers.conf.d
  printf '[engine]\\nruntime = "runc"\\n' >/etc/containers/containers.conf.d/runc.conf`

/** A container that endangers its guests: what it is started without. */
type Fault = Readonly<{
  name: string
  engine: NestedEngine
  without: NonNullable<ByHand['without']>
  image?: string
}>

/** A host, how its guests are rescued there, and the containers that they are rescued from. */
export type RescueHost = Readonly<{
  what: string
  spec: Omit<HostSpec, 'images' | 'engine'>
  method: RescueReport['method']
  faults: readonly Fault[]
}>

export function rescueBehaviour({ what, spec, method, faults }: RescueHost): void {
  describe(what, { concurrency: false }, () => {
    let host: Host
    let count = 0
    before(async () => {
      host = await Host.up({ ...spec, engine: 'both', images: [IMAGE, NEXT_IMAGE] })
      // crun refuses to start on a machine with some controllers on v1 and others on v2, as a plain host may be.
      if (spec.init === 'plain') await host.sh(RUNC_FOR_PODMAN)
    })
    after(async () => {
      await host.down()
    })

    for (const fault of faults) {
      test(`a guest under ${fault.engine} (${fault.name}) is rescued and stays manageable`, async () => {
        count += 1
        await rescueAndManage(host, fault, method, `${spec.name}-${count}`)
      })
    }

    if (method !== 'cgroups') {
      test('a helper that alone is inside the container goes to its guest', async () => {
        count += 1
        await rescueHelperOfGuest(host, `${spec.name}-${count}`)
      })

      test('a virtlogd inside the container goes to a scope of its own, and the console goes on', async () => {
        count += 1
        await rescueLogDaemon(host, `${spec.name}-${count}`)
      })
    }

    if (method === 'machined') {
      test('a guest that machined does not know is killed by the first libvirt that finds machined', async () => {
        count += 1
        assert.equal(await meetMachined(host, `${spec.name}-${count}`, 'as it is'), 'dead')
      })

      test('unless it is rescued, which registers it', async () => {
        count += 1
        assert.equal(await meetMachined(host, `${spec.name}-${count}`, 'rescued'), 'alive')
      })
    }

    test('a guest in a private pid namespace is refused, and nothing is touched', async () => {
      count += 1
      await refusePrivateNamespace(host, `${spec.name}-${count}`)
    })

    test('a rescue that is killed at any moment is completed by the next one', async () => {
      count += 1
      await killAndRepeat(host, `${spec.name}-${count}`)
    })
  })
}

async function rescueAndManage(
  host: Host,
  fault: Fault,
  method: RescueReport['method'],
  name: string,
): Promise<void> {
  const { engine, without, image = IMAGE } = fault
  const { guest, id } = await endangeredGuest(host, { engine, without, image, name })
  const born = await startTime(host, guest.pid)

  const rescued = await rescue(host, [id])
  assert.equal(rescued.failure, undefined)
  assert.deepEqual(
    rescued.reports.map((report) => report.method),
    [method],
  )
  assert.ok(rescued.reports[0]?.moved.length)
  assert.deepEqual(await pathsInside(host, guest.pid, id), [])
  const again = await rescue(host, [id])
  assert.deepEqual(
    again.reports.map((report) => report.moved),
    [[]],
    'a second rescue finds nothing to do',
  )

  const seen = (await ticks(host, name)).length
  await host.sh(`${engine} stop --time 20 libvirt && ${engine} rm libvirt`)
  await waitForTicks(host, name, 20, seen)
  assert.equal(await startTime(host, guest.pid), born, 'the same process lives on')

  await runLibvirt(host, { name: 'libvirt', engine, image, stdioHandler: 'file', extra: MASK_HOOK })
  const on = async (...argv: string[]): Promise<string> => {
    const result = await virsh(host, 'libvirt', argv, { engine })
    assert.equal(result.exitCode, 0, `virsh ${argv.join(' ')}: ${result.stderr}`)
    return result.stdout
  }
  assert.equal((await on('domstate', name)).trim(), 'running')
  assert.equal((await on('domuuid', name)).trim(), guest.uuid)
  const schedule = await on('schedinfo', name)
  for (const line of [/cpu_shares\s*: 512/, /vcpu_quota\s*: 90000/, /emulator_quota\s*: 80000/]) {
    assert.match(schedule, line, 'its limits are those it had')
  }
  assert.match(await on('memtune', name), /hard_limit\s*: 900000/)
  await on('schedinfo', name, '--set', 'vcpu_quota=95000')
  await on('suspend', name)
  assert.equal((await on('domstate', name)).trim(), 'paused')
  await on('resume', name)
  await on('destroy', name)
  assert.equal(await startTime(host, guest.pid), '', 'it ends when libvirt ends it')
  if (method === 'machined') {
    assert.equal((await host.sh('machinectl --no-legend list')).trim(), '', 'and machined forgets it')
  }
  await host.sh(`${engine} rm --force libvirt`)
}

/** The old libvirt has no way to the system bus, the new one has; nobody stops the guest. */
async function meetMachined(
  host: Host,
  name: string,
  how: 'as it is' | 'rescued',
): Promise<'alive' | 'dead'> {
  await startAfresh(host, 'docker')
  await runLibvirt(host, {
    name: 'libvirt',
    image: IMAGE,
    stdioHandler: 'file',
    without: ['dbus'],
    extra: MASK_HOOK,
  })
  const guest = await startGuest(host, { name, via: 'libvirt', console: 'file' })
  started.push(guest.pid)
  const born = await startTime(host, guest.pid)
  // No container is named: nothing would die with one.
  if (how === 'rescued') assert.equal((await rescue(host, [])).failure, undefined)
  await host.sh('docker stop --time 20 libvirt && docker rm libvirt')
  assert.equal(await startTime(host, guest.pid), born, 'the stop of its container it survives either way')
  await runLibvirt(host, { name: 'libvirt', image: IMAGE, stdioHandler: 'file', extra: MASK_HOOK })
  await virsh(host, 'libvirt', ['list'])
  return (await startTime(host, guest.pid)) === born ? 'alive' : 'dead'
}

/** On v1 libvirt places virtiofsd only in cpu, cpuacct and cpuset: in `devices` it stays with the container. */
async function rescueHelperOfGuest(host: Host, name: string): Promise<void> {
  await startAfresh(host, 'docker')
  await runLibvirt(host, { name: 'libvirt', image: IMAGE, stdioHandler: 'file', extra: MASK_HOOK })
  const xml = domainXml({ name, console: 'file' })
    .replace('<vcpu>', "<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking><vcpu>")
    .replace('</emulator>', `</emulator>${SHARED_DIRECTORY}`)
  const directory = instanceDirectory(name)
  await host.sh(
    `install -d -o 64055 -g 64055 ${directory}; : >${tickPath(name)}; chown 64055 ${tickPath(name)}; cat >${directory}/d.xml`,
    { input: xml },
  )
  const created = await virsh(host, 'libvirt', ['create', `${directory}/d.xml`])
  assert.equal(created.exitCode, 0, created.stderr)
  await waitForTicks(host, name, 3)
  started.push(await guestPid(host, name))
  const id = (await host.sh("docker inspect --format '{{.Id}}' libvirt")).trim()
  const pids = (await host.sh('pgrep virtiofsd')).trim().split('\n').map(Number)
  assert.equal(pids.length, 2, 'the daemon and its sandboxed child')
  for (const pid of pids) assert.notDeepEqual(await pathsInside(host, pid, id), [], 'a helper is inside')

  const { failure } = await rescue(host, [id])
  assert.equal(failure, undefined)
  for (const pid of pids) assert.deepEqual(await pathsInside(host, pid, id), [])
  await host.sh('docker stop --time 20 libvirt && docker rm libvirt')
  for (const pid of pids) assert.notEqual(await startTime(host, pid), '', 'the helper lives on')
  await runLibvirt(host, { name: 'libvirt', image: IMAGE, stdioHandler: 'file', extra: MASK_HOOK })
  assert.equal((await virsh(host, 'libvirt', ['destroy', name])).exitCode, 0)
  await host.sh('docker rm --force libvirt')
}

const SHARED_DIRECTORY = `<filesystem type='mount'><driver type='virtiofs'/><binary path='/usr/lib/qemu/virtiofsd'/>
  <source dir='/var/lib/nova'/><target dir='share'/></filesystem>`

async function rescueLogDaemon(host: Host, name: string): Promise<void> {
  await startAfresh(host, 'docker')
  const command = ['sh', '-c', 'virtlogd --daemon; exec libvirtd']
  await runLibvirt(host, { name: 'libvirt', image: IMAGE, stdioHandler: 'logd', extra: MASK_HOOK, command })
  const guest = await startGuest(host, { name, via: 'libvirt', console: 'logd' })
  started.push(guest.pid)
  const id = (await host.sh("docker inspect --format '{{.Id}}' libvirt")).trim()
  const virtlogd = Number((await host.sh('pgrep virtlogd')).trim())
  assert.notDeepEqual(await pathsInside(host, virtlogd, id), [])

  const { failure, reports } = await rescue(host, [id])
  assert.equal(failure, undefined)
  assert.ok(reports.some(({ unit }) => unit === `anneal-virtlogd-${virtlogd}.scope`))
  assert.deepEqual(await pathsInside(host, virtlogd, id), [])
  await host.sh('docker stop --time 20 libvirt && docker rm libvirt')
  assert.notEqual(await startTime(host, virtlogd), '')

  // The guest prints a line every second.
  const bytes = await consoleBytes(host, name)
  const size = `$(stat -c %s ${consoleLogPath(name)})`
  await host.sh(`for n in $(seq 200); do [ ${size} -gt ${bytes} ] && exit 0; sleep 0.1; done; exit 1`)
  await host.sh(`kill -9 ${guest.pid} ${virtlogd}; rm -f /run/libvirt/virtlogd*`)
}

async function refusePrivateNamespace(host: Host, name: string): Promise<void> {
  await startAfresh(host, 'docker')
  const extra = [...MASK_HOOK, '--init']
  await runLibvirt(host, {
    name: 'libvirt',
    image: IMAGE,
    stdioHandler: 'file',
    without: ['host pid', 'dbus'],
    extra,
  })
  const guest = await startGuest(host, { name, via: 'libvirt', console: 'file' })
  started.push(guest.pid)
  const id = (await host.sh("docker inspect --format '{{.Id}}' libvirt")).trim()
  const places = await host.sh(`cat /proc/${guest.pid}/task/*/cgroup`)
  const { failure, reports } = await rescue(host, [id])
  assert.equal(failure?.code, 'RESCUE_IMPOSSIBLE')
  assert.deepEqual(reports, [])
  assert.equal(await host.sh(`cat /proc/${guest.pid}/task/*/cgroup`), places)
  await host.sh('docker rm --force libvirt')
}

async function killAndRepeat(host: Host, name: string): Promise<void> {
  const engine = 'docker'
  const { guest, id } = await endangeredGuest(host, {
    engine,
    without: ['cgroup bind', 'dbus'],
    image: IMAGE,
    name,
  })
  const born = await startTime(host, guest.pid)
  const startUp = await measureStart(host)
  for (let milliseconds = startUp; milliseconds < startUp + 400; milliseconds += 25) {
    await host.exec(['timeout', '--signal=KILL', String(milliseconds / 1000), NODE, PROGRAM, id])
    assert.equal(await startTime(host, guest.pid), born)
  }
  const last = await rescue(host, [id])
  assert.equal(last.failure, undefined)
  assert.deepEqual(await pathsInside(host, guest.pid, id), [])
  await host.sh(`${engine} stop --time 20 libvirt && ${engine} rm libvirt`)
  assert.equal(await startTime(host, guest.pid), born)
  await runLibvirt(host, { name: 'libvirt', engine, image: IMAGE, stdioHandler: 'file', extra: MASK_HOOK })
  const schedule = (await virsh(host, 'libvirt', ['schedinfo', name])).stdout
  assert.match(schedule, /vcpu_quota\s*: 90000/)
  assert.match(schedule, /cpu_shares\s*: 512/)
  await virsh(host, 'libvirt', ['destroy', name])
  await host.sh(`${engine} rm --force libvirt`)
}

/** A guest with limits of its own, in a libvirt container that has the fault. */
async function endangeredGuest(
  host: Host,
  fault: Readonly<{
    engine: NestedEngine
    without: NonNullable<ByHand['without']>
    image: string
    name: string
  }>,
): Promise<Readonly<{ guest: Guest; id: string }>> {
  const { engine, without, image, name } = fault
  await startAfresh(host, engine)
  await runLibvirt(host, { name: 'libvirt', engine, image, stdioHandler: 'file', without, extra: MASK_HOOK })
  const guest = await startGuest(host, { name, via: 'libvirt', engine, console: 'file' })
  started.push(guest.pid)
  for (const command of [
    ['schedinfo', name, '--live', '--set', 'cpu_shares=512', 'vcpu_quota=90000', 'emulator_quota=80000'],
    ['memtune', name, '--live', '--hard-limit', '900000'],
  ]) {
    const result = await virsh(host, 'libvirt', command, { engine })
    assert.equal(result.exitCode, 0, result.stderr)
  }
  const id = (await host.sh(`${engine} inspect --format '{{.Id}}' libvirt`)).trim()
  assert.notDeepEqual(await pathsInside(host, guest.pid, id), [], 'the fault really endangers the guest')
  return { guest, id }
}

/** What a test before this one left behind when it failed must not fail this one too. */
async function startAfresh(host: Host, engine: NestedEngine): Promise<void> {
  await host.exec([engine, 'rm', '--force', 'libvirt'])
  for (const pid of started.splice(0)) await host.exec(['kill', '-KILL', String(pid)])
}

/** Processes of guests, in their host. */
const started: number[] = []

type Answer = Readonly<{
  reports: readonly RescueReport[]
  failure?: Readonly<{ code: string; message: string }>
}>

async function rescue(host: Host, from: readonly string[]): Promise<Answer> {
  return JSON.parse(await host.must([NODE, PROGRAM, ...from])) as Answer
}

/** How long the program runs before it does anything. */
async function measureStart(host: Host): Promise<number> {
  const begin = performance.now()
  await host.must([NODE, PROGRAM, '--census'])
  return Math.round((performance.now() - begin) * 0.7)
}

/** Every line of every thread that names the container. */
async function pathsInside(host: Host, pid: number, id: string): Promise<readonly string[]> {
  const result = await host.exec(['sh', '-c', `cat /proc/${pid}/task/*/cgroup | grep -- "${id}" | sort -u`])
  return result.stdout.split('\n').filter(Boolean)
}

/** Field 22 of /proc/PID/stat; empty where the process is gone. */
async function startTime(host: Host, pid: number): Promise<string> {
  const stat = (await host.exec(['cat', `/proc/${pid}/stat`])).stdout
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''
}
