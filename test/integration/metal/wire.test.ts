/**
 * The deployment of 2014 by iSCSI, step by step, as it is seen on the wire of the machines’ network: tcpdump keeps the packets, tshark
 * says what each is. `anneal metal serve` runs as a process with its dnsmasq and libiscsi. Busybox and curl in a network namespace
 * play firmware and iPXE; then the deploy ramdisk’s own scripts and tgtd offer a loop device. The image has the layout of Fedora
 * 21 Atomic (LVM, XFS, ostree).
 */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { ConductorLab, run } from '../../../lab/index.ts'
import { placeBootFiles } from '../../fixtures/conductor/index.ts'
import { REPOSITORY } from '../../../lab/paths.ts'
import { makeAtomicImage } from '../../fixtures/atomic-image.ts'
import type { MadeImage } from '../../fixtures/atomic-image.ts'
import { Capture, namedPackets } from './support/capture.ts'
import type { Packet } from './support/capture.ts'
import { conductorRequest } from './support/conductor-request.ts'
import { loopOf } from './support/loop-device.ts'
import type { Loop } from './support/loop-device.ts'
import { NetworkMachine, reportOf } from './support/network-machine.ts'
import {
  STEP_FILTER,
  assertInOrder,
  isDone,
  isLogin,
  isLoginAccepted,
  isWrite,
  stepsOf2014,
} from './support/wire-steps.ts'

const MAC = '52:54:00:16:20:01'
const DISK_BYTES = 8 * 2 ** 30
/** Client architecture 7 is UEFI, x86-64 (RFC 4578); 175 is iPXE’s option. */
const FIRMWARE = ['-V', 'PXEClient:Arch:00007:UNDI:003000', '-x', '0x5d:0007', '-O', 'bootfile', '-O', 'tftp']
const IPXE = [...FIRMWARE, '-x', '0xaf:b105']

describe('a deployment by iSCSI', () => {
  const bed = new AsyncDisposableStack()
  let directory = ''
  let lab: ConductorLab
  let machine: NetworkMachine
  let image: MadeImage
  let loop: Loop
  let address = ''
  let packets: readonly Packet[]
  const booted: Record<string, Buffer> = {}

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-wire-'))
    bed.defer(() => rmSync(directory, { recursive: true }))
    image = await makeAtomicImage({ layout: 'f21', dir: directory })
    const ramdisk = placeBootFiles(join(directory, 'ramdisk'))
    lab = await ConductorLab.up({ nodes: [], ramdisk })
    bed.defer(() => lab.down())
    const disk = join(directory, 'disk')
    writeFileSync(disk, '')
    truncateSync(disk, DISK_BYTES)
    loop = bed.use(await loopOf(disk, 512))
    machine = bed.use(await NetworkMachine.plug(lab, 'one', MAC))
    await enroll()
    const file = join(directory, 'wire.pcap')
    const capture = await Capture.start(lab.description.network.namespace, lab.interface, file)
    try {
      await deploy()
    } finally {
      assert.match(await capture.stop(), /^0 packets dropped by kernel/m)
    }
    packets = await namedPackets(file, STEP_FILTER)
  })
  after(() => bed.disposeAsync())

  async function api(method: string, path: string, body?: unknown): Promise<unknown> {
    const text = await (await conductorRequest(lab, method, path, body)).text()
    return text === '' ? undefined : JSON.parse(text)
  }

  async function until(state: string): Promise<void> {
    for (const sinceMs = Date.now(); ; await sleep(100)) {
      const { provision_state: found, last_error: error } = (await api('GET', '/nodes/one')) as Record<
        string,
        string
      >
      if (found === state) return
      const log = readFileSync(join(lab.directory, 'log', 'conductor.out'), 'utf8')
      assert.ok(Date.now() - sinceMs < 120_000, `${found} ${error}\n${log}`)
    }
  }

  async function enroll(): Promise<void> {
    const driver_info = { wol_host: `10.77.${lab.description.network.subnet}.255` }
    const properties = { cpu_arch: 'x86_64', capabilities: 'boot_mode:uefi' }
    const made = await api('POST', '/nodes', {
      name: 'one',
      driver: 'manual-management',
      driver_info,
      properties,
    })
    await api('POST', '/ports', { node_uuid: (made as { uuid: string }).uuid, address: MAC })
    const ask = (target: string) => api('PUT', '/nodes/one/states/provision', { target })
    await ask('manage')
    await until('manageable')
    await ask('provide')
    await until('clean wait')
    address = (await machine.askAddress()) ?? ''
    const order = (await machine.hello((await machine.bootToken()) ?? '')).body.toString()
    const token = /^token (\S+)$/m.exec(order)?.[1] ?? ''
    await machine.ask('/ramdisk/done', { token, body: 'wiped vda metadata\n' })
    await until('available')
  }

  /** As firmware and iPXE boot: what the script has them fetch, by the last part of its address. */
  async function boot(): Promise<string> {
    const program = bootFileOf(await machine.lease(FIRMWARE))
    assert.ok(program !== undefined && (await machine.fetchFile(program, 30)), program)
    const script = bootFileOf(await machine.lease(IPXE))?.replace('${netX/mac}', MAC)
    const text = (await machine.fetchUrl(script ?? '')).body.toString()
    for (const [, url = ''] of text.matchAll(/^(?:kernel|initrd --name ramdisk) (\S+)/gm)) {
      const { status, body } = await machine.fetchUrl(url)
      assert.equal(status, 200, url)
      booted[url.split('/').at(-1) ?? ''] = body
    }
    return text
  }

  async function deploy(): Promise<void> {
    const value = { image_source: image.path, image_type: 'partition', deploy_interface: 'iscsi' }
    await api('PATCH', '/nodes/one', [{ op: 'add', path: '/instance_info', value }])
    await api('PUT', '/nodes/one/states/provision', { target: 'active' })
    await until('wait call-back')
    const token = /anneal\.token=(\S+)/.exec(await boot())?.[1] ?? ''
    await machine.askAddress()
    writeFileSync(join(directory, 'report'), reportOf({ mac: MAC, diskBytes: DISK_BYTES }))
    await machine.script(ramdiskWork(token))
    await until('active')
    await boot()
  }

  /** The deploy ramdisk’s own scripts, from its report on. The programs are where Debian has them, and the disk is the loop device. */
  function ramdiskWork(token: string): string {
    const scripts = join(REPOSITORY, 'images/deploy-ramdisk')
    const parts = ['say', 'http', 'devices', 'report', 'stream', 'iscsi'].map((one) =>
      join(scripts, `${one}.sh`),
    )
    const own = join(directory, 'scripts.sh')
    const text = parts.map((one) => readFileSync(one, 'utf8')).join('\n')
    writeFileSync(own, text.replaceAll('/usr/bin/blkdiscard', '/usr/sbin/blkdiscard'))
    return `
      export TGT_IPC_SOCKET=${directory}/tgtd PATH=/usr/sbin:/usr/bin:/sbin:/bin
      . ${own}
      run=${directory}/run log=$run/log url=${lab.endpoints['machines']} token=${token} address=${address}
      mkdir -p $run
      # A machine ends with its reboot: tgtd goes on with a connection after SIGTERM.
      trap 'kill -9 $(jobs -p) 2>/dev/null || true' EXIT
      say() { echo "$@"; }
      give_up() { echo "gives up: $*"; exit 1; }
      fail() { echo "fails: $*"; cat $log; stop_helpers; exit 1; }
      choose_web
      ask POST hello ${directory}/report
      mv $run/answer $run/order
      read_order
      [ "$task $disk $method" = "write vda iscsi" ] || fail "order: $task $disk $method"
      device=${loop.path} disk=${loop.path.replace('/dev/', '')}
      offer_target
      sync
      ask POST done $run/result`
  }

  test('goes through the steps of 2014, in their order', () => {
    assertInOrder(packets, stepsOf2014({ mac: MAC, address }))
  })

  test('writes by CHAP alone, from the conductor, between login and callback', () => {
    const writes = packets.filter(isWrite)
    assert.ok(writes.length > 5, `${writes.length} writes`)
    assert.deepEqual([...new Set(writes.map(({ from }) => from))], [lab.description.network.address])
    const number = (one: Packet | undefined): number => Number(one?.number)
    const [accepted, done] = [packets.findLast(isLoginAccepted), packets.filter(isDone).at(-1)]
    assert.ok(number(accepted) < number(writes[0]) && number(writes.at(-1)) < number(done))
    const logins = packets.filter(isLogin).map(({ iscsiText }) => iscsiText)
    assert.ok(
      logins.some((text) => /AuthMethod=[^,]*CHAP/.test(text)) &&
        logins.some((text) => text.includes('CHAP_R=')),
    )
    assert.equal(packets.filter(({ uri }) => uri.startsWith('/ramdisk/piece')).length, 0)
  })

  test('boots the kernel and the ramdisk of the image at last, with its root in LVM on the disk', async () => {
    const digest = (bytes: Buffer | undefined): string =>
      createHash('sha256')
        .update(bytes ?? '')
        .digest('hex')
    assert.equal(digest(booted['kernel']), image.expected.kernel.sha256)
    assert.equal(digest(booted['ramdisk']), image.expected.initrds[0]?.sha256)
    await run(['partx', '--update', loop.path], {})
    const [partition] = await loop.partitions()
    assert.equal(partition?.start, 2 ** 20)
    const found = await run(['pvs', '--noheadings', '-o', 'vg_name', '--devices', partition?.path ?? ''], {})
    assert.equal(found.stdout.trim(), 'atomicos', found.stderr)
  })
})

/** As an option, or in the header of the answer. */
function bootFileOf(lease: Readonly<Record<string, string>> | undefined): string | undefined {
  return lease?.['bootfile'] ?? lease?.['boot_file']
}
