/**
 * Machines that boot over IPv6 alone: OVMF’s PXE with Debian’s iPXE by TFTP, and iPXE in the ROM of the network card. Router advertisements
 * and DHCPv6 give addresses and URLs; scripts, kernels, ramdisks and the disk come over IPv6 too. The witnesses are the words of dnsmasq,
 * the addresses in the log of the conductor, and the console of what was deployed. TCG.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ConductorLab, conductorRamdisk, testSystem } from '../../lab/index.ts'
import type { RunResult } from '../../lab/run.ts'

const MINUTE_MS = 60_000

let directory: string
let lab: ConductorLab

before(
  async () => {
    directory = mkdtempSync(join(tmpdir(), 'anneal-ipv6-'))
    lab = await ConductorLab.up({
      nodes: [
        { firmware: 'uefi', driver: 'ipmi', networkRom: 'nothing' },
        { firmware: 'uefi', driver: 'redfish' },
      ],
      ramdisk: await conductorRamdisk(),
      bootsOver: 'ipv6',
    })
    await right('metal', 'enroll', lab.description.inventoryFile)
  },
  { timeout: 30 * MINUTE_MS },
)

after(async () => {
  await lab?.down()
  if (directory !== undefined) rmSync(directory, { recursive: true })
})

function anneal(...words: readonly string[]): Promise<RunResult> {
  return lab.anneal(words, { state: join(directory, 'state'), timeoutMs: 40 * MINUTE_MS })
}

async function right(...words: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await anneal(...words)
  assert.equal(exitCode, 0, `${words.join(' ')}\n${stderr}\n${consoleLog().slice(-3000)}\n${dnsmasqLog()}`)
  return stdout
}

const consoleLog = (): string => lab.nodes.map((node) => readFileSync(node.consoleLog, 'latin1')).join('\n')
const dnsmasqLog = (): string => readFileSync(join(lab.directory, 'conductor/netboot/dnsmasq.log'), 'utf8')

for (const [index, route, by] of [
  [0, 'stream', 'PXE of OVMF'],
  [1, 'iscsi', 'iPXE in its ROM'],
] as const) {
  describe(`a machine on a network with IPv6 alone, by ${by}`, () => {
    test('boots the deploy ramdisk, which wipes its disk', async () => {
      await right('metal', 'provide', `node${index}`)
      const { consoleLog: path } = lab.nodes[index] ?? {}
      assert.match(readFileSync(path ?? '', 'latin1'), /anneal: has fd77:/)
      const hasFetched = /dnsmasq-tftp\[\d+\]: sent \S+ipxe-x86_64\.efi to fd77:/.test(dnsmasqLog())
      assert.ok(hasFetched)
      assert.doesNotMatch(dnsmasqLog(), /DHCP(DISCOVER|OFFER|ACK)/)
    })

    test(`gets a whole disk by ${route}, and boots it`, async () => {
      const { disk } = await testSystem()
      const { consoleLog: path = '' } = lab.nodes[index] ?? {}
      const said = readFileSync(path, 'latin1').length
      const ready = ['--console', `file:${path}`, '--ready', 'console:MARK system up']
      await right(
        'metal',
        'deploy',
        `node${index}`,
        '--image',
        disk,
        '--route',
        route,
        ...ready,
        '--verify',
        'all',
      )
      assert.match(readFileSync(path, 'latin1').slice(said), /via=disk/)
      await right('metal', 'undeploy', `node${index}`)
    })
  })
}
