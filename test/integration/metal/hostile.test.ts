/**
 * Machines that are not what they say, on the network of a conductor: `anneal metal serve` as a process with its dnsmasq; busybox
 * and curl in namespaces of their own are the machines.
 */
import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { zstdDecompressSync } from 'node:zlib'
import { ConductorLab, run } from '../../../lab/index.ts'
import { placeBootFiles } from '../../fixtures/conductor/index.ts'
import { REPOSITORY } from '../../../lab/paths.ts'
import { conductorRequest } from './support/conductor-request.ts'
import { NetworkMachine } from './support/network-machine.ts'
import type { Reported } from './support/network-machine.ts'

const ONE = '52:54:00:16:00:01'
const TWO = '52:54:00:16:00:02'
const STRANGER = '52:54:00:16:00:99'
const MIB = 2 ** 20
const OTHER_SYSTEM = '99999999-0000-4000-8000-000000000000'

let directory: string
let lab: ConductorLab
const bed = new AsyncDisposableStack()
let one: NetworkMachine
let two: NetworkMachine
let stranger: NetworkMachine

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'anneal-hostile-'))
  bed.defer(() => rmSync(directory, { recursive: true }))
  const ramdisk = placeBootFiles(join(directory, 'ramdisk'))
  lab = await ConductorLab.up({ nodes: [], ramdisk })
  bed.defer(() => lab.down())
  for (const name of ['one', 'two']) await makeImage(name)
  one = bed.use(await NetworkMachine.plug(lab, 'one', ONE))
  two = bed.use(await NetworkMachine.plug(lab, 'two', TWO))
  stranger = bed.use(await NetworkMachine.plug(lab, 'stranger', STRANGER))
  await stranger.takeAddress(`10.77.${lab.description.network.subnet}.66`)
  for (const [name, mac, machine] of [
    ['one', ONE, one],
    ['two', TWO, two],
  ] as const) {
    await enroll(name, mac)
    await ask(name, 'manage')
    await until(name, 'manageable')
    await ask(name, 'provide')
    await until(name, 'clean wait')
    await machine.askAddress()
    await wiped(name)
  }
})

after(() => bed.disposeAsync())

type Node = Readonly<{ uuid: string; provision_state: string; last_error: string | null }>

function api(method: string, path: string, body?: unknown): Promise<Response> {
  return conductorRequest(lab, method, path, body)
}

async function node(name: string): Promise<Node> {
  return (await (await api('GET', `/nodes/${name}`)).json()) as Node
}

async function enroll(name: string, mac: string): Promise<void> {
  const { subnet } = lab.description.network
  const driver_info = { wol_host: `10.77.${subnet}.255` }
  const made = await api('POST', '/nodes', { name, driver: 'manual-management', driver_info })
  const { uuid } = (await made.json()) as Node
  await api('POST', '/ports', { node_uuid: uuid, address: mac })
}

async function ask(name: string, target: string, more: object = {}): Promise<void> {
  await api('PUT', `/nodes/${name}/states/provision`, { target, ...more })
}

async function until(name: string, state: string): Promise<Node> {
  for (const sinceMs = Date.now(); ; await sleep(100)) {
    const found = await node(name)
    if (found.provision_state === state) return found
    assert.ok(Date.now() - sinceMs < 90_000, `${name} is ${JSON.stringify(found, undefined, 1)}\n${log()}`)
  }
}

function log(): string {
  return readFileSync(join(lab.directory, 'log', 'conductor.out'), 'utf8')
}

/** A disk with one file system; its name is in it. */
async function makeImage(name: string): Promise<void> {
  const tree = join(directory, `${name}-tree`)
  mkdirSync(tree)
  writeFileSync(join(tree, 'secret'), `image of ${name}`.repeat(1000))
  const script = `
    truncate -s 64M ${imageOf(name)}
    printf 'label: gpt\\nstart=2048, type=linux\\n' | sfdisk -q ${imageOf(name)}
    mke2fs -q -t ext4 -d ${tree} -E offset=1048576 ${imageOf(name)} 60M`
  const made = await run(['bash', '-euc', script], {})
  assert.equal(made.exitCode, 0, made.stderr)
}

function imageOf(name: string): string {
  return join(directory, `${name}.raw`)
}

const machines = (): Readonly<Record<string, NetworkMachine>> => ({ one, two })

/** Brings a machine to where it can be deployed, from wherever a test left it. */
async function free(name: string): Promise<void> {
  let { provision_state: state } = await node(name)
  if (/^(wait call-back|deploying)$/.test(state)) {
    await ask(name, 'deleted')
    await until(name, 'deploy failed').catch(() => undefined)
    state = (await node(name)).provision_state
  }
  if (state !== 'active') return
  await ask(name, 'deleted')
  await wiped(name)
}

async function wiped(name: string): Promise<void> {
  await until(name, 'clean wait')
  const machine = machines()[name] ?? assert.fail(name)
  const { token } = await orderOf(machine)
  await machine.ask('/ramdisk/done', { token, body: 'wiped vda metadata\n' })
  await until(name, 'available')
}

/** Asks to deploy, and resolves when the machine is waited for. */
async function deploy(name: string, info: Readonly<Record<string, unknown>> = {}): Promise<void> {
  await free(name)
  const value = { image_source: imageOf(name), ...info }
  await api('PATCH', `/nodes/${name}`, [{ op: 'add', path: '/instance_info', value }])
  const user_data = `#cloud-config\n# secret of ${name}\n`
  const configdrive = { meta_data: { uuid: name, hostname: name }, user_data }
  await ask(name, 'active', { configdrive })
  await until(name, 'wait call-back')
}

type Order = Readonly<{ token: string; boot: string; text: string; pieces: number }>

/** Boots and reports, and gives the order. */
async function orderOf(machine: NetworkMachine, reported: Reported = {}): Promise<Order> {
  const boot = await machine.bootToken()
  assert.ok(boot !== undefined)
  const { status, body } = await machine.hello(boot, reported)
  const text = body.toString()
  assert.equal(status, 200, text)
  const token = /^token (\S+)$/m.exec(text)?.[1] ?? ''
  return { token, boot, text, pieces: Number(/^pieces (\d+)$/m.exec(text)?.[1] ?? 0) }
}

/** What a machine gets of its disk, unpacked. */
async function diskOf(machine: NetworkMachine, { token, pieces }: Order): Promise<string> {
  const parts: string[] = []
  for (let index = 0; index < pieces; index += 1) {
    const { status, body } = await machine.ask(`/ramdisk/piece/${index}`, { token })
    assert.equal(status, 200)
    const packed = body.subarray(body.indexOf('\n') + 1)
    if (packed.length > 0) parts.push(zstdDecompressSync(packed).toString('latin1'))
  }
  return parts.join('')
}

async function finish(machine: NetworkMachine, name: string, { token }: Order): Promise<void> {
  await machine.ask('/ramdisk/done', { token, body: 'written 1\n' })
  await until(name, 'active')
}

describe('on the network of a conductor', () => {
  test('a machine that nobody enrolled gets no address, and a script without a token', async () => {
    assert.equal(await stranger.askAddress(), undefined)
    const { status, body } = await stranger.ask(`/boot/ipxe?mac=${STRANGER}`)
    assert.equal(status, 200)
    assert.match(body.toString(), /no machine with this MAC address is enrolled/)
    assert.doesNotMatch(body.toString(), /token|kernel/)
  })

  test('other hosts get no token by the MAC address of a machine, and the token of the machine stays good', async () => {
    await deploy('one')
    const boot = await one.bootToken()
    assert.ok(boot !== undefined)
    assert.equal(await two.bootToken(ONE), undefined)
    assert.equal(await stranger.bootToken(ONE), undefined)
    assert.match(log(), /one: 10\.77\.\d+\.66 asked what to boot in its name and got nothing/)
    assert.equal((await one.hello(boot)).status, 200)
    // It restarts: its next boot gets another token.
    await finish(one, 'one', await orderOf(one))
  })

  test('a machine gets its own disk and config drive, and nothing of another by any path', async () => {
    await deploy('two')
    await deploy('one')
    const leaked = await one.bootToken()
    assert.ok(leaked !== undefined)
    const order = await orderOf(two)
    const disk = await diskOf(two, order)
    assert.match(disk, /image of two/)
    assert.match(disk, /secret of two/)
    assert.doesNotMatch(disk, /(image|secret) of one/)
    const { uuid } = await node('one')
    const tries: readonly (readonly [string, Parameters<NetworkMachine['ask']>[1]])[] = [
      ['/ramdisk/piece/0', {}],
      ['/ramdisk/piece/0', { token: leaked }],
      ['/ramdisk/progress', { token: leaked, body: 'written 1\n' }],
      ['/ramdisk/done', { token: leaked, body: 'written 1\n' }],
      [`/ramdisk/piece/${order.pieces}`, order],
      ['/ramdisk/piece/-1', order],
      [`/ramdisk/piece/../../machines/${uuid}/config-drive.json`, order],
      ['/boot/instance/undefined/kernel', {}],
      [`/boot/instance/${order.token}/kernel`, {}],
      [`/boot/instance/${uuid}/kernel`, {}],
      [`/boot/agent/${uuid}/kernel`, {}],
      [`/agent/${order.token}/config-drive`, {}],
      ['/boot/program/..%2f..%2fconductor.db', {}],
      ['/boot/program/../../conductor.db', {}],
      ['/v1/nodes', {}],
      [`/v1/nodes/${uuid}`, {}],
    ]
    for (const [path, asked] of tries) {
      const { status, body } = await two.ask(path, asked)
      assert.ok(status >= 400 && status < 500, `${path}: ${status}`)
      assert.doesNotMatch(body.toString('latin1'), /(image|secret) of one/)
    }
    const ofOne = await orderOf(one)
    const overheard = await two.ask('/ramdisk/piece/0', ofOne)
    assert.deepEqual([overheard.status, /RAMDISK_TOKEN_INVALID/.test(overheard.body.toString())], [403, true])
    assert.equal((await one.ask('/ramdisk/piece/0', ofOne)).status, 200)
    // The token is of machine one: the report of another machine does not go with it.
    const forged = await two.hello(leaked)
    assert.deepEqual([forged.status, /RAMDISK_TOKEN_INVALID/.test(forged.body.toString())], [403, true])
    await finish(two, 'two', order)
    await finish(one, 'one', await orderOf(one))
  })

  test('a call that is sent again after its task ended is refused, and changes nothing', async () => {
    await deploy('one')
    const order = await orderOf(one)
    const early = await one.hello(order.boot)
    const second = /^token (\S+)$/m.exec(early.body.toString())?.[1] ?? ''
    assert.notEqual(second, order.token)
    // The answer to the first report may have been lost: the second one counts.
    assert.equal(
      (await one.ask('/ramdisk/progress', { token: order.token, body: 'written 1\n' })).status,
      403,
    )
    assert.equal((await one.ask('/ramdisk/progress', { token: second, body: 'written 1\n' })).status, 200)
    assert.equal((await one.hello(order.boot)).status, 403)
    await finish(one, 'one', { ...order, token: second })
    const atRest = await node('one')
    for (const path of ['done', 'failed', 'progress', 'ready']) {
      const again = await one.ask(`/ramdisk/${path}`, { token: second, body: 'DISK_BROKEN\n' })
      assert.equal(again.status, 403, path)
    }
    assert.deepEqual(await node('one'), atRest)
  })

  test('the secret of iSCSI goes to the machine that reported, once, and the conductor calls no other host', async () => {
    await deploy('one', { deploy_interface: 'iscsi' })
    const order = await orderOf(one)
    const [, secret = ''] = /^chap anneal (\S{16})$/m.exec(order.text) ?? assert.fail(order.text)
    const body = `target 10.77.${lab.description.network.subnet}.66 3260 iqn.x\n`
    const offered = await one.ask('/ramdisk/ready', { token: order.token, body })
    assert.deepEqual([offered.status, /offers it/.test(offered.body.toString())], [400, true])
    for (const token of ['', order.boot]) {
      const { status, body: said } = await two.ask('/ramdisk/hello', { token, body: 'version 1\n' })
      assert.deepEqual([status, said.includes(secret)], [403, false])
    }
    const state = join(lab.directory, 'conductor')
    assert.ok(!readFileSync(join(state, 'conductor.db'), 'latin1').includes(secret))
    assert.ok(!log().includes(secret))
    await one.ask('/ramdisk/failed', { token: order.token, body: 'TARGET\n' })
    const failed = await until('one', 'deploy failed')
    assert.match(failed.last_error ?? '', /RAMDISK_FAILED/)
    await deploy('one')
    await finish(one, 'one', await orderOf(one))
  })

  test('a machine that has the network card of another is refused, and its disk is not written', async () => {
    await deploy('one')
    const boot = await one.bootToken()
    const { status, body } = await one.hello(boot ?? '', { systemUuid: OTHER_SYSTEM })
    assert.notEqual(status, 200)
    assert.doesNotMatch(body.toString(), /^(token|disk|pieces)/m)
    const { last_error: error } = await until('one', 'deploy failed')
    assert.match(error ?? '', /MACHINE_REPLACED/)
  })

  test('a second machine in the name of one that works ends the deployment', async () => {
    await deploy('one')
    const order = await orderOf(one)
    assert.equal((await one.ask('/ramdisk/piece/0', { token: order.token })).status, 200)
    // It has the MAC address, and so the address too.
    const boot = await one.bootToken()
    const second = await one.hello(boot ?? '', { systemUuid: OTHER_SYSTEM })
    assert.equal(second.status, 403)
    const { last_error: error } = await until('one', 'deploy failed')
    assert.match(error ?? '', /SECOND_RAMDISK/)
    assert.equal((await one.ask('/ramdisk/done', { token: order.token, body: 'written 1\n' })).status, 403)
  })

  test('a disk that is too small, and a machine without the disk that is wished, are refused before anything is written', async () => {
    const bySerial = { root_device: { serial: 'S1' } }
    const cases = [
      [{}, { diskBytes: 32 * MIB }, /ROOT_DEVICE_NOT_FOUND/],
      [bySerial, { diskBytes: 32 * MIB }, /DEPLOY_DISK_TOO_SMALL/],
      [bySerial, { serial: 'S2' }, /ROOT_DEVICE_NOT_FOUND/],
    ] as const
    for (const [info, reported, code] of cases) {
      await deploy('one', info)
      const { status, body } = await one.hello((await one.bootToken()) ?? '', reported)
      assert.ok(status >= 400 && status < 500, `${status} ${body.toString()}`)
      assert.match((await until('one', 'deploy failed')).last_error ?? '', code)
    }
  })

  test('TFTP transfers that nobody goes on with leave places for machines, and a full queue is served later', async () => {
    const program = 'undionly.kpxe'
    // Twice as many as dnsmasq takes by itself.
    assert.equal(await stranger.stall(program, 100), 100)
    assert.ok(await one.fetchFile(program, 20))
    const more = await stranger.stall(program, 600)
    assert.ok(more >= 300 && more < 600, `${more}`)
    assert.equal(await one.fetchFile(program, 5), false)
    // As firmware does, it asks again.
    let tries = 0
    while (!(await one.fetchFile(program, 15))) assert.ok((tries += 1) < 8, 'the queue stays full')
  })

  test('a second conductor with the same state is refused, and the first goes on', async () => {
    const words = [process.execPath, join(REPOSITORY, 'src/cli/main.ts'), ...lab.serveWords]
    const argv = ['ip', 'netns', 'exec', lab.description.network.namespace, ...words]
    const second = await run(argv, { timeoutMs: 60_000 })
    assert.equal(second.exitCode, 5, second.stderr)
    assert.match(second.stderr, /another process has .*conductor\.db" open/)
    await deploy('one')
    await finish(one, 'one', await orderOf(one))
  })
})
