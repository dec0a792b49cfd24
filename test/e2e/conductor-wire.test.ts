/**
 * The deployment of 2014, step by step, as it is seen on the wire: PXE, the deploy ramdisk, iSCSI, callback, the second PXE with the
 * kernel and ramdisk of the image, and a login. The image has the geometry of Fedora 21 Atomic (LVM, XFS, ostree). tcpdump keeps the
 * packets on the machines' network, and tshark names them. One virtual machine with UEFI (TCG).
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ConductorLab, atomicImage, conductorRamdisk, run } from '../../lab/index.ts'
import type { DeploymentDocument } from '../../src/contract/index.ts'
import {
  STEP_FILTER,
  assertInOrder,
  isDone,
  isLoginAccepted,
  isWrite,
  stepsOf2014,
} from '../integration/metal/support/wire-steps.ts'
import { Capture, namedPackets } from '../integration/metal/support/capture.ts'
import type { Packet } from '../integration/metal/support/capture.ts'

const MINUTE_MS = 60_000
const NAME = 'node0'

let directory: string
let lab: ConductorLab
let packets: readonly Packet[]
/** The same with the sequence numbers of TCP ignored. */
let steps: readonly Packet[]
let kept: string
let report: DeploymentDocument

before(
  async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-wire-'))
    const [ramdisk, image] = [await conductorRamdisk(), await atomicImage('lvm-xfs')]
    const node = {
      firmware: 'uefi',
      driver: 'ipmi',
      networkRom: 'nothing',
      memoryMiB: 1536,
      diskGiB: 8,
    } as const
    lab = await ConductorLab.up({ nodes: [node], ramdisk })
    await right('metal', 'enroll', lab.description.inventoryFile)
    await right('metal', 'provide', NAME)
    const file = join(directory, 'wire.pcap')
    const capture = await Capture.start(lab.description.network.namespace, lab.interface, file)
    const form = ['--form', 'trio', '--route', 'iscsi', '--ready', 'console:login:']
    const console = ['--console', `file:${machine().consoleLog}`]
    const patience = ['--timeout', '90m', '--ready-timeout', '45m']
    const out = await right(
      'metal',
      'deploy',
      NAME,
      '--image',
      image,
      ...form,
      ...console,
      ...patience,
      '--json',
    )
    report = JSON.parse(out) as DeploymentDocument
    kept = await capture.stop()
    packets = await namedPackets(file, STEP_FILTER)
    steps = await namedPackets(file, STEP_FILTER, 'ignored')
  },
  { timeout: 150 * MINUTE_MS },
)

after(async () => {
  await lab?.down()
  if (directory !== undefined) rmSync(directory, { recursive: true })
})

async function right(...words: readonly string[]): Promise<string> {
  const options = { state: join(directory, 'state'), timeoutMs: 100 * MINUTE_MS }
  const { exitCode, stdout, stderr } = await lab.anneal(words, options)
  const log = readFileSync(join(lab.directory, 'log', 'conductor.out'), 'utf8').slice(-3000)
  assert.equal(exitCode, 0, `${words.join(' ')}\n${stderr}\n${log}\n${consoleText().slice(-2000)}`)
  return stdout
}

function machine() {
  const [found] = lab.nodes
  assert.ok(found)
  return found
}

function consoleText(): string {
  return readFileSync(machine().consoleLog, 'latin1')
}

describe('a deployment by iSCSI, on the wire', () => {
  test('goes through the steps of 2014, in their order', () => {
    const { mac, address } = machine()
    assertInOrder(steps, stepsOf2014({ mac, address }))
  })

  test('writes between login and callback, from the conductor alone', () => {
    const writes = packets.filter(isWrite)
    assert.ok(writes.length > 100, `${writes.length} writes\n${kept}`)
    assert.deepEqual([...new Set(writes.map(({ from }) => from))], [lab.description.network.address])
    const number = (one: Packet | undefined): number => Number(one?.number)
    const [accepted, done] = [packets.findLast(isLoginAccepted), packets.filter(isDone).at(-1)]
    assert.ok(number(accepted) < number(writes[0]) && number(writes.at(-1)) < number(done))
  })

  test('ends with the login of the image, its root in LVM on the disk', async () => {
    assert.deepEqual([report.outcome, report.route], ['ready', 'iscsi'])
    const booted = consoleText()
    assert.match(booted, /login: /)
    const found = await run(['blkid', '-p', '-O', '1048576', '-o', 'value', '-s', 'TYPE', machine().disk], {})
    assert.equal(found.stdout.trim(), 'LVM2_member')
  })
})
