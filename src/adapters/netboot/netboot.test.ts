import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NetbootMachine, NetbootSettings } from '../../conductor/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { dnsmasqConfiguration, hostsFile } from './dnsmasq-files.ts'
import { keepAddresses, withinSubnets } from './keep-addresses.ts'
import { ipv6Prefix } from './ipv6.ts'
import { readSubnet, readSubnets } from './subnet.ts'

const SETTINGS: NetbootSettings = {
  interface: 'eth1',
  address: '10.0.0.1',
  mode: 'dhcp',
  subnets: ['10.0.0.0/28'],
  gateways: [],
  nameServers: ['10.0.0.2'],
  bootUrl: 'http://10.0.0.1:6385',
}
const PATHS = { hosts: '/d/hosts', leases: '/d/leases', tftp: '/d/boot-programs', user: 'dnsmasq' }

function machine(uuid: string, address?: string): NetbootMachine {
  const own = address === undefined ? {} : { address }
  return { uuid, macs: ['52:54:00:00:00:01'], firmware: 'bios', architecture: 'x86_64', ...own }
}

function refused(act: () => unknown, why: RegExp): void {
  assert.throws(act, (error) => isAnnealError(error, 'NETBOOT_SUBNET') && why.test(error.message))
}

test('a subnet has its first and last address', () => {
  const { first, last, netmask } = readSubnet('10.77.1.0/24')
  assert.deepEqual([first, last, netmask], [0x0a4d0100, 0x0a4d01ff, '255.255.255.0'])
  for (const bad of ['10.77.1.1/24', '10.77.1.0', '10.77.1/24', '10.77.1.0/33', '010.0.0.0/8', 'fd77::/64']) {
    refused(() => readSubnet(bad), /not the address of a network/)
  }
})

describe('addresses', () => {
  const request = { subnets: readSubnets(SETTINGS), kept: {}, reserved: ['10.0.0.1', '10.0.0.10'] }

  test('are those that machines are given, have already, or free ones', () => {
    const machines = [machine('new'), machine('given', '10.0.0.5'), machine('old'), machine('newer')]
    const kept = { old: '10.0.0.11', away: '10.0.0.12', given: '10.0.0.7' }
    assert.deepEqual(keepAddresses({ ...request, machines, kept }), {
      old: '10.0.0.11',
      away: '10.0.0.12',
      given: '10.0.0.5',
      new: '10.0.0.13',
      newer: '10.0.0.14',
    })
  })

  test('that another machine is given now are taken from who had them', () => {
    const machines = [machine('a', '10.0.0.11'), machine('b')]
    const found = keepAddresses({ ...request, machines, kept: { b: '10.0.0.11' } })
    assert.deepEqual(found, { a: '10.0.0.11', b: '10.0.0.12' })
  })

  test('are refused where two machines have one, it lies outside, or none is left', () => {
    const twice = [machine('a', '10.0.0.5'), machine('b', '10.0.0.5')]
    refused(() => keepAddresses({ ...request, machines: twice }), /b and a have the same address/)
    refused(() => keepAddresses({ ...request, machines: [machine('a', '10.0.0.1')] }), /the network itself/)
    refused(() => keepAddresses({ ...request, machines: [machine('a', '10.0.0.15')] }), /outside/)
    const many = Array.from({ length: 13 }, (_, index) => machine(`m${index}`))
    refused(() => keepAddresses({ ...request, machines: many }), /no address of it is free/)
    assert.equal(new Set(Object.values(keepAddresses({ ...request, machines: many.slice(1) }))).size, 12)
  })

  test('of any subnet can be given; without one it is of the first', () => {
    const subnets = [...request.subnets, readSubnet('10.1.0.0/24')]
    assert.deepEqual(
      keepAddresses({ ...request, subnets, machines: [machine('a', '10.1.0.9'), machine('b')] }),
      {
        a: '10.1.0.9',
        b: '10.0.0.11',
      },
    )
    refused(
      () => keepAddresses({ ...request, subnets, machines: [machine('a', '10.2.0.9')] }),
      /10\.2\.0\.9.*outside/,
    )
  })

  test('of another subnet are not kept', () => {
    assert.deepEqual(withinSubnets({ a: '10.0.0.3', b: '10.0.1.3', c: 'x' }, readSubnets(SETTINGS)), {
      a: '10.0.0.3',
    })
  })
})

describe('subnets', () => {
  const read = (changed: Partial<NetbootSettings>) => readSubnets({ ...SETTINGS, ...changed })

  test('have the gateway that lies in them', () => {
    const found = read({
      subnets: ['10.0.0.0/28', '10.1.0.0/24', '10.2.0.0/24'],
      gateways: ['10.2.0.1', '10.1.0.1'],
    })
    assert.deepEqual(
      found.map(({ text, gateway }) => [text, gateway]),
      [
        ['10.0.0.0/28', undefined],
        ['10.1.0.0/24', '10.1.0.1'],
        ['10.2.0.0/24', '10.2.0.1'],
      ],
    )
  })

  test('are refused where machines could not reach the conductor', () => {
    refused(() => read({ subnets: ['10.1.0.0/24'] }), /10\.0\.0\.1 is outside of it, and it has no gateway/)
    refused(() => read({ gateways: ['10.9.0.1'] }), /the gateway 10\.9\.0\.1 is outside/)
    refused(() => read({ gateways: ['10.0.0.3', '10.0.0.4'] }), /the gateways 10\.0\.0\.3 and 10\.0\.0\.4/)
    refused(() => read({ subnets: ['10.0.0.0/28', '10.0.0.0/24'] }), /overlaps 10\.0\.0\.0\/28/)
    // The other server gives the gateway.
    assert.equal(read({ subnets: ['10.1.0.0/24'], mode: 'proxy' }).length, 1)
  })
})

describe('the configuration', () => {
  test('answers known machines alone, and sends what is set', () => {
    const lines = dnsmasqConfiguration(SETTINGS, PATHS, undefined).split('\n')
    for (const line of [
      'port=0',
      'dhcp-ignore=tag:!known',
      'dhcp-range=set:subnet0,10.0.0.0,static,255.255.255.240,1h',
      'dhcp-option=tag:subnet0,option:router',
      'dhcp-option=option:dns-server,10.0.0.2',
      'dhcp-boot=tag:ipxe,http://10.0.0.1:6385/boot/ipxe?mac=${netX/mac}',
    ]) {
      assert.ok(lines.includes(line), line)
    }
    assert.ok(!lines.includes('enable-ra'))
  })

  test('gives no addresses as a proxy, and advertises nothing', () => {
    const text = dnsmasqConfiguration({ ...SETTINGS, mode: 'proxy' }, PATHS, 'fd00::')
    assert.match(text, /^dhcp-range=10\.0\.0\.0,proxy,/m)
    assert.match(text, /^pxe-service=tag:!ipxe,X86-64_EFI,"Anneal",ipxe-x86_64\.efi$/m)
    assert.doesNotMatch(text, /static|authoritative|enable-ra/)
  })

  test('takes no setting from the name or the address of a machine', () => {
    const bad: readonly Partial<NetbootMachine>[] = [
      { hostname: 'ignore' },
      { hostname: '5m' },
      { hostname: 'a,set:known' },
      { hostname: 'a\n52:54:00:00:00:02' },
      { macs: ['52:54:00:00:00:01', '*:*:*:*:*:*'] },
    ]
    for (const changed of bad) {
      const text = hostsFile([{ ...machine('a'), ...changed }], { a: '10.0.0.5' })
      assert.equal(text, '52:54:00:00:00:01,10.0.0.5\n')
    }
    assert.equal(hostsFile([{ ...machine('a'), macs: [] }], {}), '')
  })
})

describe('machines that boot over IPv6', () => {
  const NEW: NetbootSettings = {
    ...SETTINGS,
    address: 'fd77::5:1',
    subnets: ['fd77::/64'],
    gateways: [],
    nameServers: ['fd77::53'],
    bootUrl: 'http://[fd77::5:1]:6386',
  }

  test('are of one network, and no setting is of IPv4', () => {
    assert.equal(ipv6Prefix(SETTINGS), undefined)
    assert.equal(ipv6Prefix(NEW), 'fd77::')
    assert.equal(ipv6Prefix({ ...NEW, address: 'FD77:0:0:0:1::1' }), 'fd77::')
    for (const changed of [
      { subnets: ['10.0.0.0/28', 'fd77::/64'] },
      { subnets: ['fd77::/64', 'fd78::/64'] },
      { subnets: ['fd77::/48'] },
      { subnets: ['fd77:0:0:1::/64'] },
      { subnets: ['fd77::1/64'] },
      { gateways: ['fd77::1'] },
      { nameServers: ['10.0.0.1'] },
      { address: '10.0.0.1' },
      { mode: 'proxy' },
    ] as const) {
      assert.throws(
        () => ipv6Prefix({ ...NEW, ...changed }),
        (error) => isAnnealError(error, 'NETBOOT_IPV6'),
        JSON.stringify(changed),
      )
    }
  })

  test('get an address of a range, and what to boot as a URL', () => {
    const text = dnsmasqConfiguration(NEW, PATHS, undefined, 'fd77::')
    for (const line of [
      'dhcp-ignore=tag:!known',
      'dhcp-range=fd77::1:0,fd77::1:ffff,slaac,64,1h',
      'dhcp-option=option6:dns-server,[fd77::53]',
      'dhcp-match=set:uefi-x86-64,option6:61,00:07',
      'dhcp-option=tag:ipxe,option6:59,http://[fd77::5:1]:6386/boot/ipxe?mac=${netX/mac}',
      'dhcp-option=tag:!ipxe,tag:uefi-x86-64,option6:59,tftp://[fd77::5:1]/ipxe-x86_64.efi',
    ]) {
      assert.ok(text.includes(`\n${line}\n`), `${line}\n${text}`)
    }
    assert.doesNotMatch(text, /dhcp-boot|option:router/)
    const alone = dnsmasqConfiguration({ ...NEW, nameServers: [] }, PATHS, undefined, 'fd77::')
    assert.doesNotMatch(alone, /dns-server/)
  })
})
