import type { Firmware } from './bmc-address.ts'
import type { Architecture } from './boot-files.ts'

/** How machines are given addresses and their first program. */
export type NetbootSettings = Readonly<{
  /** Network interface that the machines are reached through. */
  interface: string
  /** Of the conductor on that network. */
  address: string
  /**
   * `dhcp`: Anneal is the DHCP server, for the machines that it knows and for nobody else. `proxy`: another server gives the
   * addresses, and Anneal adds what to boot.
   */
  mode: 'dhcp' | 'proxy'
  /**
   * Of the machines: `10.77.1.0/24`. Those that do not have `address` in them are behind relay agents. A machine without an address
   * of its own gets one of the first.
   */
  subnets: readonly string[]
  /** Given to the machines of the subnet that each lies in, in `dhcp` mode. */
  gateways: readonly string[]
  nameServers: readonly string[]
  /** Root of the conductor's own HTTP service, as machines reach it: `http://10.77.1.1:6385`. */
  bootUrl: string
}>

/** A machine that may boot over the network. All others get no answer. */
export type NetbootMachine = Readonly<{
  uuid: string
  /** Lower case, with colons. */
  macs: readonly string[]
  firmware: Firmware
  architecture: Architecture
  /** In `dhcp` mode; undefined takes one of the first subnet that no other machine has. */
  address?: string
  hostname?: string
}>

/**
 * Address of the iPXE script of a machine. iPXE fills in its own MAC address where none is given, so that one address is
 * right for all machines.
 */
export function bootScriptUrl({ bootUrl }: Pick<NetbootSettings, 'bootUrl'>, mac = '${net0/mac}'): string {
  return `${bootUrl}/boot/ipxe?mac=${mac}`
}

/**
 * Address of a boot program, for firmware that boots over HTTP. The conductor answers it with the file of this name in
 * `boot-programs` of the directory of the netboot service.
 */
export function bootProgramUrl({ bootUrl }: Pick<NetbootSettings, 'bootUrl'>, file: string): string {
  return `${bootUrl}/boot/program/${file}`
}
