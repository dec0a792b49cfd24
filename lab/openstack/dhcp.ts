import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tftpRoot, webUrl } from './ironic.ts'
import type { Machine } from './machine.ts'
import { BRIDGE } from './network.ts'
import type { LabNetwork } from './network.ts'
import type { Service } from './service.ts'

/** Puts the configuration of dnsmasq into `directory`: DHCP, TFTP and IPv6 router advertisements; no DNS. */
export function placeDhcp(
  directory: string,
  network: LabNetwork,
  machines: readonly Machine[],
  ironic: string,
): void {
  mkdirSync(directory, { recursive: true })
  const { address, subnet } = network
  const lines = [
    'port=0',
    `interface=${BRIDGE}`,
    'bind-interfaces',
    `dhcp-range=10.77.${subnet}.100,10.77.${subnet}.199,255.255.255.0,10m`,
    // Neither router nor name server: there is no way out.
    'dhcp-option=3',
    'dhcp-option=6',
    ...machines.map((one) => `dhcp-host=${one.mac},${one.address},${one.name}`),
    `dhcp-leasefile=${join(directory, 'leases')}`,
    'dhcp-sequential-ip',
    'dhcp-authoritative',
    'enable-ra',
    `dhcp-range=fd77:0:0:${subnet}::,ra-only,64,10m`,
    `ra-param=${BRIDGE},4,600`,
    'log-dhcp',
    `log-facility=${join(directory, 'dnsmasq.log')}`,
    'enable-tftp',
    `tftp-root=${tftpRoot(ironic)}`,
    'tftp-no-fail',
    // Who sends option 175 is iPXE already and wants a script; others get iPXE first, by architecture (RFC 4578, 2.1).
    'dhcp-match=set:ipxe,175',
    'dhcp-match=set:efi64,option:client-arch,7',
    'dhcp-match=set:efi64,option:client-arch,9',
    `dhcp-boot=tag:ipxe,${webUrl(address)}/boot.ipxe`,
    `dhcp-boot=tag:!ipxe,tag:efi64,snponly.efi,,${address}`,
    `dhcp-boot=tag:!ipxe,tag:!efi64,undionly.kpxe,,${address}`,
    'user=root',
  ]
  writeFileSync(join(directory, 'dnsmasq.conf'), `${lines.join('\n')}\n`)
}

export function dhcpService(directory: string): Service {
  return {
    name: 'dnsmasq',
    argv: ['dnsmasq', '--keep-in-foreground', `--conf-file=${join(directory, 'dnsmasq.conf')}`],
    ready: () => Promise.resolve(hasBegun(join(directory, 'dnsmasq.log'))),
  }
}

function hasBegun(log: string): boolean {
  try {
    return readFileSync(log, 'utf8').includes('DHCP, IP range')
  } catch {
    return false
  }
}
