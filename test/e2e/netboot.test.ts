import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { ConductorLab, run } from '../../lab/index.ts'
import type { NetbootMachine } from '../../src/conductor/index.ts'
import {
  asFirmware,
  askDhcp,
  bootMachine,
  netbootHome,
  settingsOf,
  startOtherServer,
  startRelayedRack,
  startNetbootUnderTest,
  untilConsole,
} from '../integration/metal/support/netboot-bed.ts'
import type { Lease, NetbootUnderTest } from '../integration/metal/support/netboot-bed.ts'

/** A network namespace with a bridge; dnsmasq, DHCP clients and machines of the tests are in it. */
let lab: ConductorLab

before(async () => {
  lab = await ConductorLab.up({ nodes: [] })
})

after(async () => {
  if (lab !== undefined) rmSync(netbootHome(lab), { recursive: true, force: true })
  await lab?.down()
})

function machine(mac: string, changed: Partial<NetbootMachine> = {}): NetbootMachine {
  return { uuid: `uuid-of-${mac}`, macs: [mac], firmware: 'bios', architecture: 'x86_64', ...changed }
}

function addressed(host: number): string {
  return `10.77.${lab.description.network.subnet}.${host}`
}

const KNOWN = '52:54:00:aa:00:01'
const OTHER = '52:54:00:aa:00:02'
const UNKNOWN = '52:54:00:aa:00:99'

/** In the header of the answer, or as option 67. */
function bootFileIn(lease: Lease): string | undefined {
  return lease?.['bootfile'] ?? lease?.['boot_file']
}

/** Empty where there is no such process. */
function commandOf(pid: number): string {
  return existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, 'utf8') : ''
}

describe('DHCP', () => {
  let netboot: NetbootUnderTest

  before(async () => {
    netboot = await startNetbootUnderTest(lab, settingsOf(lab, { gateways: [addressed(254)] }), 'dhcp')
  })

  after(async () => {
    await netboot?.stop()
  })

  test('answers known machines, and nobody else', async () => {
    await netboot.serve([machine(KNOWN, { address: addressed(77), hostname: 'rack1-07' })])
    const [lease, none] = await Promise.all([askDhcp(lab, KNOWN), askDhcp(lab, UNKNOWN, asFirmware(7))])
    assert.equal(lease?.['ip'], addressed(77))
    assert.equal(lease?.['subnet'], '255.255.255.0')
    assert.equal(lease?.['router'], addressed(254))
    assert.equal(lease?.['hostname'], 'rack1-07')
    assert.equal(lease?.['dns'], undefined)
    assert.equal(none, undefined)
    assert.match(netboot.log(), new RegExp(`DHCPDISCOVER\\(br0\\) ${UNKNOWN} ignored`))
    assert.doesNotMatch(netboot.log(), new RegExp(`(OFFER|ACK|NAK)\\(br0\\) [^\\n]*${UNKNOWN}`))
  })

  test('keeps the address of a machine when others come and go, without a restart of dnsmasq', async () => {
    const pid = netboot.pid()
    await netboot.serve([machine(OTHER)])
    const first = (await askDhcp(lab, OTHER))?.['ip']
    assert.ok(first !== undefined)
    assert.equal(await askDhcp(lab, KNOWN), undefined)
    await netboot.serve([machine(KNOWN), machine(OTHER)])
    assert.equal((await askDhcp(lab, OTHER))?.['ip'], first)
    const second = (await askDhcp(lab, KNOWN))?.['ip']
    assert.ok(second !== undefined && second !== first)
    await netboot.serve([])
    assert.equal(await askDhcp(lab, OTHER), undefined)
    assert.equal(netboot.pid(), pid)
  })

  test('gives each firmware the program that it can run, and iPXE the script', async () => {
    await netboot.serve([machine(KNOWN)])
    const bootFile = async (more: readonly string[]) => bootFileIn(await askDhcp(lab, KNOWN, more))
    assert.equal(await bootFile(asFirmware(0)), 'undionly.kpxe')
    assert.equal(await bootFile(asFirmware(7)), 'ipxe-x86_64.efi')
    assert.equal(await bootFile(asFirmware(9)), 'ipxe-x86_64.efi')
    assert.equal(await bootFile(asFirmware(11)), 'ipxe-aarch64.efi')
    const { bootUrl } = settingsOf(lab)
    assert.equal(await bootFile(asFirmware(16)), `${bootUrl}/boot/program/ipxe-x86_64.efi`)
    const script = await bootFile([...asFirmware(0), '-x', '0xaf:b105'])
    assert.equal(script, `${bootUrl}/boot/ipxe?mac=\${netX/mac}`)
  })

  test('serves its own files by TFTP, and no others', async () => {
    const { namespace, address } = lab.description.network
    const fetched = join(lab.directory, 'fetched')
    const fetch = (file: string) =>
      run(['ip', 'netns', 'exec', namespace, 'busybox', 'tftp', '-g', '-r', file, '-l', fetched, address], {
        timeoutMs: 10_000,
      })
    assert.equal((await fetch('undionly.kpxe')).exitCode, 0)
    assert.deepEqual(readFileSync(fetched), readFileSync('/usr/lib/ipxe/undionly.kpxe'))
    for (const file of ['../dnsmasq.conf', '/etc/passwd', join(netboot.directory, 'dnsmasq.conf')]) {
      assert.notEqual((await fetch(file)).exitCode, 0, file)
    }
  })

  test('runs without the rights of root', () => {
    const status = readFileSync(`/proc/${netboot.pid()}/status`, 'utf8')
    assert.doesNotMatch(status, /^Uid:\t0/m)
  })

  test('serves the other machines where the firmware of one has no program', async () => {
    const arm = machine(OTHER, { firmware: 'uefi', architecture: 'aarch64' })
    await netboot.serve([machine(KNOWN), arm])
    assert.notEqual(await askDhcp(lab, KNOWN), undefined)
  })
})

describe('dnsmasq', () => {
  test('that ends by itself gives an error with its last words', async () => {
    const netboot = await startNetbootUnderTest(lab, settingsOf(lab), 'ends')
    process.kill(netboot.pid(), 'SIGTERM')
    const { failed, message } = await netboot.failure()
    assert.equal(failed, 'NETBOOT_ENDED')
    assert.match(message, /exiting on receipt of SIGTERM/)
    await netboot.stop()
  })

  test('that a killed conductor left is ended by the next one', async () => {
    const settings = settingsOf(lab)
    const netboot = await startNetbootUnderTest(lab, settings, 'killed')
    await netboot.serve([machine(KNOWN)])
    const pid = netboot.pid()
    await netboot.kill()
    assert.ok(commandOf(pid).includes('dnsmasq'))
    // It was killed before it had written this.
    rmSync(join(netboot.directory, 'pid'))
    const next = await startNetbootUnderTest(lab, settings, 'killed')
    assert.ok(!commandOf(pid).includes('dnsmasq'))
    assert.equal(await askDhcp(lab, KNOWN), undefined)
    await next.stop()
  })

  test('that cannot start is an error with a remedy', async () => {
    const failure = async (changed: object, env: Readonly<Record<string, string>> = {}) => {
      const netboot = await startNetbootUnderTest(lab, { ...settingsOf(lab), ...changed }, 'fails', env)
      const said = await netboot.failure()
      await netboot.stop()
      assert.ok(said.remedy.length > 10)
      return said
    }
    assert.match((await failure({ interface: 'eth7' })).message, /"eth7": it has no address.*br0/)
    assert.match((await failure({ address: '10.9.9.9' })).message, /10\.9\.9\.9 is not on it/)
    assert.equal((await failure({ subnets: ['10.77.0.3/24'] })).failed, 'NETBOOT_SUBNET')
    assert.equal((await failure({}, { PATH: '/nowhere' })).failed, 'NETBOOT_DNSMASQ_MISSING')
    const { namespace, address } = lab.description.network
    const script = `import socket,time;s=socket.socket(2,2);s.bind(('${address}',69));print(1,flush=True);time.sleep(60)`
    const taker = spawn('ip', ['netns', 'exec', namespace, '/usr/bin/python3', '-c', script])
    try {
      await new Promise((resolve) => taker.stdout.once('data', resolve))
      assert.equal((await failure({})).failed, 'NETBOOT_PORT_TAKEN')
    } finally {
      taker.kill('SIGKILL')
    }
  })
})

function scriptFor(mark: string): string {
  return `#!ipxe\necho MARK ${mark} on \${platform} as \${net0/ip}\nsleep 600\n`
}

/** The ROM of QEMU's card is iPXE already: it loads the program of the package, which asks for its script again. */
function chained(mark: string): readonly string[] {
  const { address } = lab.description.network
  return [`#!ipxe\nchain tftp://${address}/undionly.kpxe\n`, scriptFor(mark)]
}

describe('machines', () => {
  const BIOS = '52:54:00:bb:00:01'
  const UEFI = '52:54:00:bb:00:02'
  const HTTP = '52:54:00:bb:00:03'

  test('with BIOS, UEFI and HTTP boot run the script that the conductor serves', async () => {
    const netboot = await startNetbootUnderTest(lab, settingsOf(lab), 'boots')
    const macs = [BIOS, UEFI, HTTP]
    await netboot.serve(macs.map((mac) => machine(mac, { firmware: mac === BIOS ? 'bios' : 'uefi' })))
    await netboot.scripts({
      [BIOS]: chained('bios'),
      [UEFI]: [scriptFor('uefi')],
      [HTTP]: [scriptFor('http')],
    })
    // Without PXE, OVMF goes on to HTTP.
    const http = ['-fw_cfg', 'name=opt/org.tianocore/IPv4PXESupport,string=n']
    const machines = [
      await bootMachine(lab, { name: 'bios', mac: BIOS, firmware: 'bios' }),
      await bootMachine(lab, { name: 'uefi', mac: UEFI, firmware: 'uefi' }),
      await bootMachine(lab, { name: 'http', mac: HTTP, firmware: 'uefi', more: http }),
    ]
    try {
      for (const [index, mark] of ['bios on pcbios', 'uefi on efi', 'http on efi'].entries()) {
        const booting = machines[index]
        assert.ok(booting !== undefined)
        await untilConsole(booting, `MARK ${mark} as ${lab.description.network.address.replace(/1$/, '')}`)
      }
      assert.match(netboot.log(), /sent .*boot-programs\/undionly.kpxe to /)
      assert.match(netboot.log(), /sent .*boot-programs\/ipxe-x86_64.efi to /)
      assert.ok(netboot.asked().includes('/boot/program/ipxe-x86_64.efi'))
    } finally {
      await Promise.all(machines.map((one) => one.end()))
      await netboot.stop()
    }
  })

  test('boot beside another DHCP server, which gives the addresses', async () => {
    await using _ = await startOtherServer(lab)
    const netboot = await startNetbootUnderTest(lab, settingsOf(lab, { mode: 'proxy' }), 'proxy')
    const macs = [BIOS, UEFI]
    await netboot.serve(macs.map((mac) => machine(mac, { firmware: mac === BIOS ? 'bios' : 'uefi' })))
    await netboot.scripts({ [BIOS]: [scriptFor('bios')], [UEFI]: [scriptFor('uefi')] })
    const machines = [
      await bootMachine(lab, { name: 'proxy-bios', mac: BIOS, firmware: 'bios' }),
      await bootMachine(lab, { name: 'proxy-uefi', mac: UEFI, firmware: 'uefi' }),
    ]
    try {
      const stranger = await askDhcp(lab, UNKNOWN, asFirmware(0))
      assert.match(stranger?.['ip'] ?? '', /\.1[0-2]\d$/)
      assert.equal(bootFileIn(stranger), undefined)
      for (const [index, mark] of ['bios on pcbios', 'uefi on efi'].entries()) {
        const booting = machines[index]
        assert.ok(booting !== undefined)
        await untilConsole(booting, `MARK ${mark} as ${addressed(1)}`)
      }
      assert.match(netboot.log(), /sent .*boot-programs\/ipxe-x86_64.efi to /)
      assert.match(netboot.log(), new RegExp(`PXE\\(br0\\) ${UNKNOWN} proxy-ignored$`, 'm'))
      assert.doesNotMatch(netboot.log(), new RegExp(`PXE\\(br0\\) ${UNKNOWN} proxy$`, 'm'))
    } finally {
      await Promise.all(machines.map((one) => one.end()))
      await netboot.stop()
    }
  })
})

const noRelay = existsSync('/usr/sbin/dhcrelay') ? false : 'needs isc-dhcp-relay'

describe('behind a relay agent', { skip: noRelay }, () => {
  const BIOS = '52:54:00:cc:00:01'
  const UEFI = '52:54:00:cc:00:02'
  const HTTP = '52:54:00:cc:00:03'
  const NEAR = '52:54:00:cc:00:04'
  const ELSEWHERE = '52:54:00:cc:00:05'

  test('machines get addresses of their own subnet, its gateway, and boot', async () => {
    await using rack = await startRelayedRack(lab)
    const [own = ''] = settingsOf(lab).subnets
    const behind = (host: number): string => rack.gateway.replace(/1$/, String(host))
    const settings = settingsOf(lab, { subnets: [own, `${behind(0)}/24`], gateways: [rack.gateway] })
    const netboot = await startNetbootUnderTest(lab, settings, 'relayed')
    await netboot.serve([
      machine(BIOS, { address: behind(21) }),
      machine(UEFI, { address: behind(22), firmware: 'uefi' }),
      machine(HTTP, { address: behind(23), firmware: 'uefi' }),
      machine(NEAR),
      machine(ELSEWHERE),
    ])
    const far = await askDhcp(lab, BIOS, asFirmware(0), rack.segment)
    assert.deepEqual(
      [far?.['ip'], far?.['subnet'], far?.['router'], bootFileIn(far)],
      [behind(21), '255.255.255.0', rack.gateway, 'undionly.kpxe'],
    )
    assert.equal(await askDhcp(lab, UNKNOWN, asFirmware(0), rack.segment), undefined)
    // It has an address of the other subnet.
    assert.equal(await askDhcp(lab, ELSEWHERE, asFirmware(0), rack.segment), undefined)
    const near = await askDhcp(lab, NEAR)
    assert.match(near?.['ip'] ?? '', new RegExp(`^${addressed(1)}\\d$`))
    assert.equal(near?.['router'], undefined)

    await netboot.scripts({
      [BIOS]: [scriptFor('bios')],
      [UEFI]: [scriptFor('uefi')],
      [HTTP]: [scriptFor('http')],
    })
    const { segment } = rack
    const http = ['-fw_cfg', 'name=opt/org.tianocore/IPv4PXESupport,string=n']
    const machines = [
      await bootMachine(lab, { name: 'far-bios', mac: BIOS, firmware: 'bios', segment }),
      await bootMachine(lab, { name: 'far-uefi', mac: UEFI, firmware: 'uefi', segment }),
      await bootMachine(lab, { name: 'far-http', mac: HTTP, firmware: 'uefi', more: http, segment }),
    ]
    try {
      const marks = [
        `bios on pcbios as ${behind(21)}`,
        `uefi on efi as ${behind(22)}`,
        `http on efi as ${behind(23)}`,
      ]
      for (const [index, mark] of marks.entries()) {
        const booting = machines[index]
        assert.ok(booting !== undefined)
        await untilConsole(booting, `MARK ${mark}`)
      }
    } finally {
      await Promise.all(machines.map((one) => one.end()))
      await netboot.stop()
    }
  })
})
