/**
 * What `anneal metal serve`, as a process with its dnsmasq, gives a machine that boots a live set: busybox and curl in a network
 * namespace play the machine, so that the files may be any bytes. `test/e2e/conductor-live.test.ts` boots real ones.
 */
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConductorLab } from '../../../lab/index.ts'
import { efiKernel, placeBootFiles } from '../../fixtures/conductor/index.ts'
import { conductorRequest } from './support/conductor-request.ts'
import { NetworkMachine } from './support/network-machine.ts'

const MAC = '52:54:00:16:21:01'
const ROOT_BYTES = 256 * 2 ** 20
const ROOT_URL = 'http://files.example/root.img'

describe('a machine of a live set', () => {
  const bed = new AsyncDisposableStack()
  let directory = ''
  let lab: ConductorLab
  let machine: NetworkMachine
  let stranger: NetworkMachine
  const files: Record<string, Buffer> = {}

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-live-set-'))
    bed.defer(() => rmSync(directory, { recursive: true }))
    placeSet(join(directory, 'live'))
    lab = await ConductorLab.up({ nodes: [], ramdisk: placeBootFiles(join(directory, 'ramdisk')) })
    bed.defer(() => lab.down())
    machine = bed.use(await NetworkMachine.plug(lab, 'one', MAC))
    stranger = bed.use(await NetworkMachine.plug(lab, 'two', '52:54:00:16:21:02'))
    await stranger.takeAddress(`10.77.${lab.description.network.subnet}.200`)
    await enroll()
  })
  after(() => bed.disposeAsync())

  /** A root image that is a file of its own; most of it is a hole. */
  function placeSet(at: string): void {
    mkdirSync(at)
    files['kernel'] = Buffer.concat([efiKernel(0x8664), randomBytes(100_000)])
    files['ramdisk'] = randomBytes(2_000_000)
    for (const [name, bytes] of Object.entries(files)) writeFileSync(join(at, name), bytes)
    files['root'] = randomBytes(1_000_000)
    writeFileSync(join(at, 'root.squashfs'), files['root'])
    truncateSync(join(at, 'root.squashfs'), ROOT_BYTES)
    const stored = (file: string) => ({ file, sizeBytes: files[file]?.length })
    const document = {
      schema: 'anneal.boot/1',
      kernel: stored('kernel'),
      ramdisk: stored('ramdisk'),
      live: { file: 'root.squashfs', sizeBytes: ROOT_BYTES, format: 'squashfs', url: ROOT_URL },
      boot: { commandLine: `root=live:${ROOT_URL} rd.live.image ip=dhcp` },
      warnings: [],
    }
    writeFileSync(join(at, 'boot.json'), JSON.stringify(document))
  }

  async function api(method: string, path: string, body?: unknown): Promise<unknown> {
    const text = await (await conductorRequest(lab, method, path, body)).text()
    return text === '' ? undefined : JSON.parse(text)
  }

  const node = async (): Promise<Record<string, string>> =>
    (await api('GET', '/nodes/one')) as Record<string, string>

  async function until(state: string): Promise<void> {
    for (const sinceMs = Date.now(); ; await sleep(100)) {
      const { provision_state: found, last_error: error } = await node()
      if (found === state) return
      const log = readFileSync(join(lab.directory, 'log', 'conductor.out'), 'utf8')
      assert.ok(Date.now() - sinceMs < 60_000, `${found} ${error}\n${log}`)
    }
  }

  async function enroll(): Promise<void> {
    const made = await api('POST', '/nodes', {
      name: 'one',
      driver: 'manual-management',
      driver_info: { wol_host: `10.77.${lab.description.network.subnet}.255` },
      properties: { cpu_arch: 'x86_64', memory_mb: 1024 },
      automated_clean: false,
    })
    await api('POST', '/ports', { node_uuid: (made as { uuid: string }).uuid, address: MAC })
    for (const [target, state] of [
      ['manage', 'manageable'],
      ['provide', 'available'],
    ] as const) {
      await api('PUT', '/nodes/one/states/provision', { target })
      await until(state)
    }
  }

  async function deploy(info: Readonly<Record<string, string>> = {}): Promise<void> {
    const value = { image_source: join(directory, 'live'), deploy_interface: 'ramdisk', ...info }
    await api('PATCH', '/nodes/one', [{ op: 'add', path: '/instance_info', value }])
    await api('PUT', '/nodes/one/states/provision', { target: 'active' })
  }

  /** The addresses in its boot script, by the last part of each. */
  async function bootScript(): Promise<Readonly<Record<string, string>>> {
    const { body } = await machine.ask(`/boot/ipxe?mac=${MAC}`)
    const found = [...body.toString().matchAll(/http:\/\/\S+\/boot\/instance\/\S+/g)].map(([url]) => url)
    return Object.fromEntries(found.map((url) => [url.split('/').at(-1) ?? '', url]))
  }

  const whole = async (urls: Readonly<Record<string, string>>, name: string): Promise<Buffer> => {
    const { status, body } = await machine.fetchUrl(urls[name] ?? '')
    assert.equal(status, 200, name)
    return body
  }

  test('is not switched on where it has too little memory', async () => {
    await api('PATCH', '/nodes/one', [{ op: 'replace', path: '/properties/memory_mb', value: 512 }])
    await deploy()
    await until('deploy failed')
    assert.match((await node())['last_error'] ?? '', /has 512 MiB of memory.*LIVE_UNFIT/)
    await api('PATCH', '/nodes/one', [{ op: 'replace', path: '/properties/memory_mb', value: 1024 }])
  })

  test('gets kernel, ramdisk and root image from the conductor, as its command line says', async () => {
    await deploy({ anneal_added_arguments: 'quiet' })
    await until('active')
    assert.match((await machine.askAddress()) ?? '', /^10\.77\./)
    const { body } = await machine.ask(`/boot/ipxe?mac=${MAC}`)
    assert.match(body.toString(), / root=live:http:\/\/\S+\/root\.squashfs rd\.live\.image ip=dhcp quiet /)
    const urls = await bootScript()
    for (const name of ['kernel', 'ramdisk']) assert.deepEqual(await whole(urls, name), files[name])
    const root = await whole(urls, 'root.squashfs')
    assert.equal(root.length, ROOT_BYTES)
    const part = files['root'] ?? Buffer.alloc(0)
    assert.ok(root.subarray(0, part.length).equals(part))
  })

  test('gets a part of its root image where it asks for one', async () => {
    const { 'root.squashfs': url } = await bootScript()
    const said = await machine.script(`curl -s -D - -o part -r 1000-1999 ${url}; sha256sum <part; rm part`)
    assert.match(said, /^HTTP\/1\.1 206 .*content-range: bytes 1000-1999\/268435456/is)
    const digest = await machine.script(
      `dd if=${directory}/live/root.squashfs bs=1000 skip=1 count=1 2>/dev/null | sha256sum`,
    )
    assert.ok(said.trim().endsWith(digest.trim()), said)
  })

  test('takes no memory of the conductor for its root image', async () => {
    const pid = lab.services()['conductor'] ?? 0
    const peakMib = (): number =>
      Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
    const beforeMib = peakMib()
    const { 'root.squashfs': url } = await bootScript()
    await machine.script(`for n in 1 2 3 4; do curl -s -o /dev/null ${url} & done; wait`)
    assert.ok(peakMib() - beforeMib < 128, `${beforeMib} MiB became ${peakMib()} MiB`)
  })

  test('is the only one that gets them, with the token of its last boot', async () => {
    const { kernel: earlier = '' } = await bootScript()
    const { kernel: later = '' } = await bootScript()
    assert.equal((await machine.fetchUrl(earlier)).status, 404)
    assert.equal((await machine.fetchUrl(later)).status, 200)
    const { body } = await stranger.ask(`/boot/ipxe?mac=${MAC}`)
    assert.doesNotMatch(body.toString(), /instance/)
    assert.equal((await machine.fetchUrl(later)).status, 200)
  })

  test('boots again after the conductor was killed, also where the set has gone', async () => {
    rmSync(join(directory, 'live'), { recursive: true })
    await lab.stopService('conductor', 'abruptly')
    await lab.startService('conductor')
    const urls = await bootScript()
    assert.deepEqual(await whole(urls, 'ramdisk'), files['ramdisk'])
  })

  test('gets nothing any more once it was given back', async () => {
    const urls = await bootScript()
    await api('PUT', '/nodes/one/states/provision', { target: 'deleted' })
    await until('available')
    assert.equal((await machine.fetchUrl(urls['kernel'] ?? '')).status, 404)
    assert.deepEqual(await bootScript(), {})
    assert.deepEqual(readdirSync(join(lab.directory, 'conductor/boot-sets')), [])
  })
})
