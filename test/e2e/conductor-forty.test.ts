/**
 * Forty machines at once from one conductor: `anneal metal serve` as a process with its dnsmasq, forty network cards in namespaces of
 * their own, and Redfish for each. busybox and curl are the firmware and the ramdisk of a machine; what it gets of its disk is compared
 * with its digest and thrown away.
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConductorLab, run } from '../../lab/index.ts'
import { placeBootFiles } from '../fixtures/conductor/index.ts'
import { conductorRequest } from '../integration/metal/support/conductor-request.ts'
import { NetworkMachine } from '../integration/metal/support/network-machine.ts'
import type { Said } from '../integration/metal/support/network-machine.ts'
import { RedfishRack, systemOf } from '../integration/metal/support/redfish-rack.ts'
import type { RackMachine } from '../integration/metal/support/redfish-rack.ts'

const COUNT = 40
/** What `anneal metal serve` works on at a time, and how far apart it switches machines on. */
const [PARALLEL, STAGGER_MS] = [16, 1000]
const DATA_MIB = 24
const MIB = 2 ** 20
/** Of the conductor’s process; forty readers alone took 301 MiB (docs/bench.md). */
const MOST_MEMORY_MIB = 400

const bed = new AsyncDisposableStack()
let directory: string
let lab: ConductorLab
let rack: RedfishRack
const cards = new Map<string, NetworkMachine>()
/** By the name of a machine: from its report to its last word, and what it got. */
const played = new Map<string, Readonly<{ fromMs: number; toMs: number; bytes: number }>>()
const faults: string[] = []
let [working, mostWorking] = [0, 0]

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'anneal-forty-'))
  bed.defer(() => rmSync(directory, { recursive: true }))
  const ramdisk = placeBootFiles(join(directory, 'ramdisk'))
  lab = await ConductorLab.up({ nodes: [], ramdisk })
  bed.defer(() => lab.down())
  const made = await run(['bash', '-euc', IMAGE, 'bash', directory, `${DATA_MIB}`], {})
  assert.equal(made.exitCode, 0, made.stderr)
  const pair = (index: number): string => index.toString(16).padStart(2, '0')
  const machines = Array.from({ length: COUNT }, (_, index): RackMachine => {
    const mac = `52:54:00:40:00:${pair(index)}`
    const id = `00000000-0000-4000-8000-${mac.replaceAll(':', '')}`
    return { id, name: `m${pair(index)}`, mac, isOn: false, boot: 'None' }
  })
  for (const { name, mac } of machines) cards.set(name, bed.use(await NetworkMachine.plug(lab, name, mac)))
  rack = bed.use(
    await RedfishRack.start(lab.description.network.hostAddress, machines, (machine) => {
      if (machine.boot !== 'Pxe') return
      working += 1
      mostWorking = Math.max(mostWorking, working)
      void play(machine)
        .catch((error: unknown) => faults.push(`${machine.name}: ${String(error)}`))
        .finally(() => (working -= 1))
    }),
  )
  for (const machine of machines) await enroll(machine)
})

after(() => bed.disposeAsync())

/** A disk with a file system, most of it a file that cannot be packed. */
const IMAGE = `
  cd "$1"; mkdir tree; head -c "$2M" /dev/urandom >tree/data
  truncate -s $(($2 + 64))M image.raw
  printf 'label: gpt\\nstart=2048, type=linux\\n' | sfdisk -q image.raw
  mke2fs -q -t ext4 -d tree -E offset=1048576 image.raw $(($2 + 60))M`

/** What the ramdisk of a machine does. */
async function play(machine: RackMachine): Promise<void> {
  const card = cards.get(machine.name)
  assert.ok(card)
  assert.ok((await card.askAddress()) !== undefined, 'no address')
  const boot = await card.bootToken()
  assert.ok(boot !== undefined, 'no token')
  const fromMs = performance.now()
  const { status, body } = await patiently(() => card.hello(boot, { systemUuid: machine.id }))
  const order = body.toString()
  assert.equal(status, 200, order)
  const token = /^token (\S+)$/m.exec(order)?.[1] ?? ''
  const pieces = Number(/^pieces (\d+)$/m.exec(order)?.[1] ?? 0)
  let bytes = 0
  for (let index = 0; index < pieces; index += 1) bytes += await piece(card, token, index)
  const word = order.includes('task wipe') ? 'wiped vda metadata' : `written ${bytes}`
  await patiently(() => card.ask('/ramdisk/done', { token, body: `${word}\n` }))
  played.set(machine.name, { fromMs, toMs: performance.now(), bytes })
  machine.isOn = false
}

/** As the ramdisk does: what has no answer within a minute is asked again. */
async function patiently(ask: () => Promise<Said>): Promise<Said> {
  for (let tries = 0; ; tries += 1) {
    const said = await ask()
    if (said.status !== 0 || tries === 10) return said
  }
}

/** Fetches one piece and compares it with its digest; how many bytes of the disk it is. */
async function piece(card: NetworkMachine, token: string, index: number): Promise<number> {
  const { status, body } = await patiently(() => card.ask(`/ramdisk/piece/${index}`, { token }))
  assert.equal(status, 200)
  const end = body.indexOf('\n')
  const [, length = '', digest = ''] = body.subarray(0, end).toString().split(' ')
  if (digest !== 'zero') {
    const found = createHash('blake2b512')
      .update(body.subarray(end + 1))
      .digest('hex')
    assert.equal(found, digest)
  }
  return Number(length)
}

function api(method: string, path: string, body?: unknown): Promise<Response> {
  return conductorRequest(lab, method, path, body)
}

async function enroll(machine: RackMachine): Promise<void> {
  const { name, mac } = machine
  const driver_info = {
    redfish_address: rack.url,
    redfish_system_id: systemOf(machine),
    redfish_username: 'nobody',
    redfish_password: 'nothing',
  }
  const properties = { anneal_place: placeOf(machine), capabilities: 'boot_mode:bios' }
  const made = await api('POST', '/nodes', { name, driver: 'redfish', driver_info, properties })
  const { uuid } = (await made.json()) as { uuid: string }
  await api('POST', '/ports', { node_uuid: uuid, address: mac })
}

/** The last machine has the first place. */
function placeOf({ name }: RackMachine): string {
  const index = Number.parseInt(name.slice(1), 16)
  return `r1/${COUNT - index}`
}

async function provision(target: string, more: object = {}): Promise<void> {
  for (const { name } of rack.machines)
    await api('PUT', `/nodes/${name}/states/provision`, { target, ...more })
}

async function allBecome(state: string, minutes: number): Promise<void> {
  type Listed = Readonly<{ name: string; provision_state: string; last_error: string | null }>
  for (const sinceMs = Date.now(); ; await sleep(500)) {
    const { nodes } = (await (await api('GET', '/nodes/detail')).json()) as { nodes: readonly Listed[] }
    const others = nodes.filter((one) => one.provision_state !== state)
    if (others.length === 0) return
    const broken = others.filter(({ provision_state: at }) => at.endsWith('failed') || at === 'error')
    const told = () => JSON.stringify(others.map((one) => [one.name, one.provision_state, one.last_error]))
    assert.ok(broken.length === 0 && faults.length === 0, `${told()} ${faults.join('; ')}`)
    assert.ok(Date.now() - sinceMs < minutes * 60_000, told())
  }
}

/** The most memory that the conductor ever had, in MiB. */
function peakMiB(): number {
  const pid = lab.services()['conductor']
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
}

/** Milliseconds between machines that were switched on one after the other. */
function apartMs(since: number): readonly number[] {
  const times = rack.switchedOn.slice(since).map(({ atMs }) => atMs)
  return times.slice(1).map((at, index) => at - (times[index] ?? 0))
}

describe('forty machines', () => {
  test('are wiped by one conductor, no more at a time than it may, and switched on one after the other', async () => {
    await provision('manage')
    await allBecome('manageable', 5)
    await provision('provide')
    await allBecome('available', 15)
    assert.equal(played.size, COUNT)
    assert.ok(mostWorking > 1 && mostWorking <= PARALLEL, `${mostWorking}`)
    const least = Math.min(...apartMs(0))
    assert.ok(least > STAGGER_MS * 0.9, `${least} ms`)
  })

  test('get one image, each all of it, from memory that stays small; who waits goes in the order of places', async (t) => {
    played.clear()
    mostWorking = 0
    const earlier = rack.switchedOn.length
    const value = { image_source: join(directory, 'image.raw') }
    for (const { name } of rack.machines)
      await api('PATCH', `/nodes/${name}`, [{ op: 'add', path: '/instance_info', value }])
    const beganMs = performance.now()
    await provision('active')
    await allBecome('active', 30)
    const wallS = (performance.now() - beganMs) / 1000
    const all = [...played.values()]
    assert.equal(all.length, COUNT)
    assert.equal(new Set(all.map(({ bytes }) => bytes)).size, 1)
    assert.ok((all[0]?.bytes ?? 0) > DATA_MIB * MIB)
    assert.ok(mostWorking <= PARALLEL, `${mostWorking}`)
    // Each is switched on twice: for its ramdisk, and then for its disk.
    const first = new Set(rack.switchedOn.slice(earlier).map(({ machine }) => machine))
    const waited = [...first].slice(PARALLEL).map((machine) => Number(placeOf(machine).split('/')[1]))
    assert.deepEqual(
      waited,
      waited.toSorted((a, b) => a - b),
    )
    const [least, memory] = [Math.min(...apartMs(earlier)), peakMiB()]
    const took = all.map(({ fromMs, toMs }) => (toMs - fromMs) / 1000).toSorted((a, b) => a - b)
    const at = (part: number): string => (took[Math.floor((COUNT - 1) * part)] ?? 0).toFixed(1)
    t.diagnostic(
      `${COUNT} machines in ${wallS.toFixed(0)} s; report to last word ${at(0)} to ${at(1)} s, median ${at(0.5)}; at most ${mostWorking} at a time, ${least.toFixed(0)} ms apart; ${memory.toFixed(0)} MiB`,
    )
    assert.ok(least > STAGGER_MS * 0.9)
    assert.ok(memory < MOST_MEMORY_MIB)
  })
})
