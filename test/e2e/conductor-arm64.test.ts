/**
 * A machine with arm64 beside one with x86-64, at one conductor: QEMU’s board `virt` with AAVMF, Debian 13’s iPXE, and a deploy ramdisk of
 * Debian 13’s arm64 packages. The witness is the console: what was deployed prints its processor. Needs qemu-system-arm and
 * qemu-efi-aarch64. TCG.
 */
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ConductorLab, conductorRamdisk, isOn } from '../../lab/index.ts'
import { must } from '../../lab/run.ts'
import type { RunResult } from '../../lab/run.ts'

const MINUTE_MS = 60_000
const MARK = 'MARK system up on aarch64'

let directory: string
let lab: ConductorLab

before(
  async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-arm64-'))
    const [ramdisk, arm] = [
      await conductorRamdisk(),
      await conductorRamdisk({ architecture: 'arm64', suite: 'trixie' }),
    ]
    const script = join(import.meta.dirname, 'support/arm64-disk.sh')
    await must('make a disk for arm64', [script, directory, join(arm, 'vmlinuz')])
    lab = await ConductorLab.up({
      nodes: [
        { firmware: 'uefi', driver: 'ipmi', architecture: 'aarch64', memoryMiB: 1024 },
        { firmware: 'uefi', driver: 'redfish', memoryMiB: 512 },
      ],
      ramdisk,
      moreRamdisks: [arm],
    })
    assert.equal((await anneal('metal', 'enroll', lab.description.inventoryFile)).exitCode, 0)
  },
  { timeout: 60 * MINUTE_MS },
)

after(async () => {
  await lab?.down()
  if (directory !== undefined) rmSync(directory, { recursive: true })
})

function anneal(...words: readonly string[]): Promise<RunResult> {
  return lab.anneal(words, { state: join(directory, 'state'), timeoutMs: 60 * MINUTE_MS })
}

async function right(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await anneal(...words)
  assert.equal(exitCode, 0, `${words.join(' ')}\n${stderr}\n${consoleOf('node0').slice(-3000)}`)
  return stdout
}

function consoleOf(name: string): string {
  return readFileSync(lab.nodes.find((one) => one.name === name)?.consoleLog ?? '', 'latin1')
}

describe('a machine with arm64', () => {
  test('is refused without iPXE for it, and the machine beside it is provided', async () => {
    const refused = await anneal('metal', 'provide', 'node0')
    assert.match(refused.stderr, /NETBOOT_PROGRAM_MISSING/)
    assert.equal(
      lab.nodes.some((node) => isOn(node)),
      false,
    )
    await right('metal', 'provide', 'node1')
  })

  test('boots the deploy ramdisk of its processor, which reports it', async () => {
    const programs = join(lab.directory, 'conductor', 'netboot', 'boot-programs')
    copyFileSync(join(directory, 'ipxe-arm64.efi'), join(programs, 'ipxe-aarch64.efi'))
    assert.match(await right('metal', 'inspect', 'node0', '--json'), /aarch64/)
    await right('metal', 'provide', 'node0')
  })

  test('gets a whole disk, and boots it', async () => {
    const console = ['--console', `file:${lab.nodes[0]?.consoleLog}`, '--ready', `console:${MARK}`]
    const image = ['--image', join(directory, 'disk.raw'), '--verify', 'all']
    await right('metal', 'deploy', 'node0', ...image, ...console, '--ready-timeout', '30m', '--json')
    assert.match(consoleOf('node0'), /MARK system up on aarch64: .*via=disk/)
  })

  test('is given back, wiped', async () => {
    await right('metal', 'undeploy', 'node0')
  })
})
