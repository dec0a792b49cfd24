import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { dirname, join } from 'node:path'
import { makeFolderSync } from '../folders/index.ts'
import type { NetbootSettings } from '../../conductor/index.ts'
import type { Netboot, StartNetboot } from '../../ports/index.ts'
import { traceIn } from './boot-trace.ts'
import { checkBootProgram, placeBootPrograms } from './boot-programs.ts'
import { dnsmasqConfiguration, hostsFile } from './dnsmasq-files.ts'
import { startDnsmasq } from './dnsmasq-process.ts'
import { raise } from './errors.ts'
import { keepAddresses, withinSubnets } from './keep-addresses.ts'
import type { Addresses } from './keep-addresses.ts'
import { ipv6Prefix } from './ipv6.ts'
import { readSubnets } from './subnet.ts'
import type { Subnet } from './subnet.ts'

/** The firmwares that every site has; iPXE for arm64 is looked for when a machine is to boot it. */
const USUAL = [
  { firmware: 'bios', architecture: 'x86_64' },
  { firmware: 'uefi', architecture: 'x86_64' },
] as const

/**
 * dnsmasq in the foreground, as a child of this process. In `directory`: its configuration, the file of hosts, leases,
 * the addresses that machines have (addresses.json), the programs that TFTP serves (boot-programs/) and its words
 * (dnsmasq.log). A dnsmasq that an earlier process left there is ended first. Throws NETBOOT_….
 */
export const startNetboot: StartNetboot = async (settings, directory) => {
  const ipv6 = ipv6Prefix(settings)
  const subnets = ipv6 === undefined ? readSubnets(settings) : []
  const advertised = checkInterface(settings)
  makeFolderSync(directory)
  // dnsmasq gives its rights away, and then reads the file of hosts again and again.
  chmodSync(directory, 0o755)
  const inside = (name: string): string => join(directory, name)
  const [hosts, tftp] = [inside('hosts'), inside('boot-programs')]
  placeBootPrograms(tftp)
  for (const usual of USUAL) checkBootProgram(tftp, usual)
  replaceFile(hosts, '')
  const paths = { hosts, leases: inside('leases'), tftp, user: chooseUser(directory) }
  replaceFile(inside('dnsmasq.conf'), dnsmasqConfiguration(settings, paths, advertised, ipv6))
  const dnsmasq = await startDnsmasq(directory, settings.interface)

  let addresses: Addresses = {}
  let cards: ReadonlyMap<string, readonly string[]> = new Map()
  const serve: Netboot['serve'] = async (machines) => {
    if (settings.mode === 'dhcp' && ipv6 === undefined) {
      const reserved = [settings.address, ...settings.gateways, ...settings.nameServers]
      const kept = readAddresses(inside('addresses.json'), subnets)
      addresses = keepAddresses({ subnets, machines, kept, reserved })
      // First what machines keep, then what they are given.
      replaceFile(inside('addresses.json'), `${JSON.stringify(addresses, undefined, 2)}\n`)
    }
    cards = new Map(machines.map(({ uuid, macs }) => [uuid, macs]))
    replaceFile(hosts, hostsFile(machines, addresses))
    await dnsmasq.readHosts()
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    check(machine) {
      if (ipv6 !== undefined && machine.firmware === 'bios') {
        throw raise('NETBOOT_IPV6', {
          why: 'a machine with BIOS boots over IPv4 alone',
          remedy: 'set boot_mode:uefi in its capabilities, or give the machines’ network IPv4',
        })
      }
      checkBootProgram(tftp, machine)
    },
    serve(machines) {
      const mine = last.then(() => serve(machines))
      last = mine.catch(() => undefined)
      return mine
    },
    addressOf: (machine) => addresses[machine],
    watch(machine) {
      const heard = dnsmasq.listen()
      return () => {
        const log = settings.mode === 'dhcp' && ipv6 === undefined ? heard() : undefined
        return log === undefined ? undefined : traceIn(log, cards.get(machine) ?? [], addresses[machine])
      }
    },
    ended: dnsmasq.ended,
    stop: () => dnsmasq.stop(),
  }
}

/** A prefix of IPv6 that is local to the site and on the interface (RFC 4193); undefined where none is. Throws NETBOOT_INTERFACE. */
function checkInterface({ interface: name, address }: NetbootSettings): string | undefined {
  const all = networkInterfaces()
  const found = all[name]
  if (found === undefined) {
    const known = Object.keys(all).join(', ')
    throw raise('NETBOOT_INTERFACE', {
      interface: name,
      why: `it has no address, or is not there; there are ${known}`,
      remedy: 'name the interface that the machines are reached through, and give it its address first',
    })
  }
  if (!found.some((one) => isSameAddress(one.address, address))) {
    const has = found.map((one) => one.address).join(', ')
    throw raise('NETBOOT_INTERFACE', {
      interface: name,
      why: `the address ${address} is not on it; it has ${has}`,
      remedy: 'give the address that the conductor has on this interface',
    })
  }
  const local = found.find((one) => one.family === 'IPv6' && /^f[cd]/i.test(one.address))
  return local === undefined ? undefined : prefixOf(local.address)
}

/** Addresses of IPv6 can be written in several ways. */
function isSameAddress(one: string, other: string): boolean {
  const list = new BlockList()
  if (!isIPv6(one) || !isIPv6(other)) return one === other
  list.addAddress(one, 'ipv6')
  return list.check(other, 'ipv6')
}

/** The first 64 bits: `fd77:0:0:1::1` → `fd77:0:0:1::`. */
function prefixOf(address: string): string {
  const [head = '', tail] = address.split('::')
  const left = head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => '0')
  return `${[...left, ...zeros, ...right].slice(0, 4).join(':')}::`
}

function readAddresses(path: string, subnets: readonly Subnet[]): Addresses {
  try {
    const value = JSON.parse(readFileSync(path, 'utf8')) as Addresses
    return withinSubnets(value, subnets)
  } catch {
    // Nothing was kept yet; or a file that somebody broke, which is written again.
    return {}
  }
}

/** Written beside it and renamed: dnsmasq never sees a part of it. */
function replaceFile(path: string, text: string): void {
  rmSync(`${path}.new`, { force: true })
  writeFileSync(`${path}.new`, text, { mode: 0o644 })
  renameSync(`${path}.new`, path)
}

/** Debian's package makes the first; every system has the second. */
const USERS = ['dnsmasq', 'nobody']

/**
 * Whom dnsmasq becomes once its ports are open. It reads its files again later, so it stays root where others may not enter
 * one of the directories above them.
 */
function chooseUser(directory: string): string {
  for (let at = directory; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return 'root'
    if (dirname(at) === at) break
  }
  const known = readFileSync('/etc/passwd', 'utf8')
  return USERS.find((user) => new RegExp(`^${user}:`, 'm').test(known)) ?? 'root'
}
