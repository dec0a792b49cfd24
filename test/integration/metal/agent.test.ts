/**
 * Debian's own ironic-python-agent against Anneal's conductor, without a virtual machine: the agent runs as a process, out of the
 * tree of its ramdisk, with a loop device for a disk. Lookup, heartbeats, its TLS, its commands, what it downloads and writes are
 * real; a person "switches" the machine, who is this test.
 */
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { deployRamdiskTree, testSystem } from '../../../lab/index.ts'
import { run } from '../../../lab/run.ts'
import { openAgent } from '../../../src/adapters/deploy-agent/index.ts'
import { openConductor } from '../../../src/app/conductor/index.ts'
import type { Conductor } from '../../../src/app/conductor/index.ts'
import type { MachineRecord, Verb } from '../../../src/conductor/index.ts'
import { isAnnealError } from '../../../src/core/index.ts'
import { serveConductor } from '../../../src/server/index.ts'
import { blkid, loopOf } from './support/loop-device.ts'
import type { Loop } from './support/loop-device.ts'

const MAC = '52:54:00:77:00:0a'
const MIB = 2 ** 20
const SUPPORT = join(import.meta.dirname, 'support')
const signal = new AbortController().signal

let directory: string
let tree: string
let image: string
let conductor: Conductor
let loop: Loop
let url: string
let machinesPort: number
let serving: AsyncDisposableStack | undefined
let agentUrl = ''
const running: ChildProcess[] = []
const told: string[] = []
const bed = new AsyncDisposableStack()

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'anneal-agent-'))
  bed.defer(() => rmSync(directory, { recursive: true }))
  tree = await deployRamdiskTree()
  image = (await testSystem()).disk
  const disk = join(directory, 'disk')
  writeFileSync(disk, Buffer.alloc(MIB, 0xa5))
  truncateSync(disk, 5 * 2 ** 30)
  loop = bed.use(await loopOf(disk, 512))
  machinesPort = await freePort()
  url = `http://127.0.0.1:${machinesPort}`
  await startConductor()
  const machine = conductor.machines.create({
    name: 'one',
    driver: 'manual-management',
    driverInfo: { wol_host: '127.0.0.1' },
    properties: {},
    extra: {},
    instanceInfo: {},
    deployInterface: 'direct',
  })
  conductor.machines.createPort(machine, { address: MAC, pxeEnabled: true, extra: {} })
  await ask('manage', 'manageable')
})

/** A process of the conductor, as far as its state and its addresses go. */
async function startConductor(): Promise<void> {
  await using starting = new AsyncDisposableStack()
  const opened = starting.use(
    await openConductor({
      stateDirectory: join(directory, 'state'),
      url,
      ramdiskArguments: [],
      deployRamdisks: {},
      agents: { x86_64: { kernel: join(tree, '../vmlinuz'), ramdisk: join(tree, '../initrd') } },
      host: 'conductor',
      wipes: 'disks',
      parallel: 1,
      powerSyncMs: 0,
      staggerMs: 0,
      say: (_, text) => void told.push(text),
      onFault: (error) => assert.fail(String(error)),
    }),
  )
  conductor = opened.conductor
  starting.use(
    await serveConductor(conductor, {
      api: { address: '127.0.0.1', port: 0 },
      machines: { address: '127.0.0.1', port: machinesPort },
      files: {},
      say: (text) => void told.push(text),
    }),
  )
  await conductor.start()
  serving = starting.move()
}

after(async () => {
  await Promise.all(running.map(end))
  await serving?.disposeAsync()
  await bed.disposeAsync()
})

function one(): MachineRecord {
  return conductor.machines.find('one')
}

async function until<T>(look: () => T | undefined, what: string): Promise<T> {
  for (const sinceMs = Date.now(); ;) {
    const found = look()
    if (found !== undefined) return found
    const hasEnded = running.some(({ exitCode }) => exitCode !== null)
    assert.ok(!hasEnded, `the agent ended\n${agentLog()}`)
    assert.ok(
      Date.now() - sinceMs < 300_000,
      `${what}: ${one().provisionState}\n${told.join('\n')}\n${agentLog()}`,
    )
    await new Promise((resolve) => {
      setTimeout(resolve, 200)
    })
  }
}

async function ask(
  verb: Verb,
  wanted: string,
  configDrive?: { metaData: Record<string, unknown> },
): Promise<void> {
  await conductor.ask(one(), verb, configDrive === undefined ? {} : { configDrive })
  await atRest(wanted)
}

async function atRest(wanted: string): Promise<void> {
  await until(() => (conductor.isWorking(one()) ? undefined : true), `wait for ${wanted}`)
  assert.equal(one().provisionState, wanted, `${one().lastError}\n${told.join('\n')}\n${agentLog()}`)
}

/** What the machine boots over the network. */
async function bootToken(): Promise<string> {
  const script = await (await fetch(`${url}/boot/ipxe?mac=${MAC}`)).text()
  return /ipa-agent-token=(\S+)/.exec(script)?.[1] ?? assert.fail(script)
}

function agentLog(): string {
  return ['agent.out', 'agent.log'].map((file) => lastOf(join(directory, file))).join('\n')
}

function lastOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-6000)
  } catch {
    return ''
  }
}

/** Words that run a program in the tree of the ramdisk, with this directory at /mnt and the scripts at /srv. */
function inTree(...words: readonly string[]): readonly string[] {
  const script = `mount --rbind /dev "$1/dev"; mount --rbind /sys "$1/sys"; mount -t proc proc "$1/proc"
    mount -t tmpfs run "$1/run"; mount -t tmpfs tmp "$1/tmp"
    mount --bind "$2" "$1/mnt"; mount --bind "$3" "$1/srv"
    root=$1; shift 3; exec chroot "$root" "$@"`
  const inside = ['sh', '-euc', script, 'sh', tree, directory, SUPPORT, ...words]
  return ['unshare', '--mount', '--propagation', 'private', ...inside]
}

/** Until the conductor waits for the machine to boot its ramdisk. */
async function waits(): Promise<void> {
  const isWaiting = (): true | undefined =>
    / wait$|wait call-back/.test(one().provisionState) ? true : undefined
  await until(isWaiting, 'wait for the machine')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

async function otherCertificate(): Promise<string> {
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout /dev/null -subj /CN=other'
  const { stdout, stderr } = await run(['openssl', ...words.split(' ')])
  assert.match(stdout, /BEGIN CERTIFICATE/, stderr)
  return stdout
}

/** The machine is switched on: the agent boots with the token of its boot script. */
async function switchOn(): Promise<ChildProcess> {
  await waits()
  const port = await freePort()
  agentUrl = `https://127.0.0.1:${port}`
  const settings = {
    api_url: url,
    agent_token: await bootToken(),
    listen_host: '127.0.0.1',
    listen_port: port,
    advertise_host: '127.0.0.1',
    advertise_port: port,
    debug: true,
    log_file: '/mnt/agent.log',
    image_download_connection_retries: 30,
    image_download_connection_retry_interval: 1,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${String(value)}\n`)
  writeFileSync(join(directory, 'agent.conf'), `[DEFAULT]\n${lines.join('')}`)
  const words = inTree('/usr/bin/python3', '/srv/agent-of-test.py', loop.path, MAC, '/mnt/agent.conf')
  const [program = '', ...rest] = words
  const out = openSync(join(directory, 'agent.out'), 'a')
  const agent = spawn(program, rest, { stdio: ['ignore', out, out] })
  closeSync(out)
  running.push(agent)
  return agent
}

async function end(agent: ChildProcess): Promise<void> {
  if (agent.exitCode !== null || agent.signalCode !== null) return
  const ended = new Promise((resolve) => agent.once('exit', resolve))
  agent.kill('SIGKILL')
  await ended
}

function diskBytes(offset: number, length: number): Buffer {
  return bytesOf(join(directory, 'disk'), offset, length)
}

function bytesOf(path: string, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  const file = openSync(path, 'r')
  readSync(file, bytes, 0, length, offset)
  closeSync(file)
  return bytes
}

async function deploy(source: string): Promise<void> {
  told.length = 0
  conductor.machines.save({
    ...one(),
    instanceInfo: { image_source: source, image_type: 'whole-disk' },
  })
  await conductor.ask(one(), 'active', { configDrive: { metaData: { hostname: 'host-of-test' } } })
}

/** What the agent's own client of Ironic's API makes of the answers. */
async function clientSays(
  mac: string,
  heartbeats: readonly unknown[],
): Promise<readonly Record<string, unknown>[]> {
  const input = heartbeats.map((beat) => `${JSON.stringify(beat)}\n`).join('')
  const argv = inTree('/usr/bin/python3', '/srv/agent-calls.py', url, mac)
  const { stdout, stderr, exitCode } = await run(argv, { input })
  assert.equal(exitCode, 0, stderr)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

describe('Debian’s ironic-python-agent', () => {
  test('finds a machine with its own client while that waits for it, and is refused with a wrong token', async () => {
    const [nobody] = await clientSays(MAC, [])
    assert.match(String(nobody?.['error']), /Could not look up/)
    told.length = 0
    await conductor.ask(one(), 'inspect')
    await waits()
    const { uuid } = one()
    const [token, wrong] = [await bootToken(), 'x'.repeat(64)]
    const said = await clientSays(MAC, [
      { uuid, token },
      { uuid, token: wrong },
      { uuid: '11111111-2222-4333-8444-555555555555', token },
      { uuid, token, more: { advertise_protocol: 'https' } },
    ])
    const [found, ...answers] = said.map((answer) => JSON.stringify(answer))
    assert.ok(found?.includes(`"uuid": "${uuid}"`) || found?.includes(`"uuid":"${uuid}"`), found)
    assert.doesNotMatch(found ?? '', new RegExp(token))
    const [accepted, refused, unknown, insecure] = answers
    assert.match(accepted ?? '', /"1\.82"/)
    assert.match(refused ?? '', /AGENT_TOKEN_INVALID/)
    assert.match(unknown ?? '', /MACHINE_UNKNOWN/)
    assert.match(insecure ?? '', /AGENT_HEARTBEAT_INVALID/)
    await conductor.ask(one(), 'abort')
    await atRest('inspect failed')
    await ask('manage', 'manageable')
  })

  test('wipes the disk, and says what the machine is made of', async () => {
    told.length = 0
    await conductor.ask(one(), 'provide')
    const agent = await switchOn()
    await atRest('available')
    await end(agent)
    assert.ok(told.includes('wiped by ironic-python-agent: erase_devices_express'), told.join('\n'))
    assert.ok(diskBytes(0, 8192).every((byte) => byte === 0))
    const { report } = one()
    assert.equal(report?.disks[0]?.serial, 'disk-of-test')
    assert.ok((report?.memoryMib ?? 0) > 100 && (report?.cpus ?? 0) > 0, JSON.stringify(report))
  })

  test('writes a whole disk with a config drive, by TLS and with no other certificate', async () => {
    await deploy(image)
    const agent = await switchOn()
    await until(
      () => (told.some((text) => /agent writes/.test(text)) ? true : undefined),
      'wait for the agent',
    )
    const other = openAgent({ url: agentUrl, token: 'none', certificate: await otherCertificate() })
    await assert.rejects(
      other.commands(signal),
      (error) => isAnnealError(error, 'AGENT_UNREACHABLE') && /another certificate/.test(error.message),
    )
    await atRest('active')
    await end(agent)
    const size = statSync(image).size
    // The agent moves the end of the table to the end of the disk; a boot sector and partitions stay what they were.
    const [start, stop] = [MIB, size - MIB]
    assert.ok(diskBytes(start, stop - start).equals(bytesOf(image, start, stop - start)))
    const partitions = await loop.partitions()
    const drive = partitions.at(-1)
    assert.equal(await blkid(drive?.path, 'LABEL'), 'config-2')
    assert.match(diskBytes(drive?.start ?? 0, MIB).toString('latin1'), /"hostname": ?"host-of-test"/)
  })

  test('goes on when the conductor is restarted while it fetches the image', async () => {
    const large = join(directory, 'large.raw')
    copyFileSync(image, large)
    truncateSync(large, 400 * MIB)
    told.length = 0
    await conductor.ask(one(), 'deleted')
    const cleaning = await switchOn()
    await atRest('available')
    await end(cleaning)
    await deploy(large)
    const agent = await switchOn()
    await until(
      () => (told.some((text) => /agent writes/.test(text)) ? true : undefined),
      'wait for the agent',
    )
    await serving?.disposeAsync()
    assert.equal(told.filter((text) => /agent writes/.test(text)).length, 1)
    await startConductor()
    await atRest('active')
    await end(agent)
    assert.ok(diskBytes(MIB, MIB).equals(bytesOf(image, MIB, MIB)))
    assert.equal(await blkid((await loop.partitions()).at(-1)?.path, 'LABEL'), 'config-2')
  })
})
