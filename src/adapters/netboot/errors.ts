import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const NETBOOT_ERRORS = {
  NETBOOT_DNSMASQ_MISSING: {
    message: 'Cannot serve DHCP and TFTP: the program dnsmasq cannot be started: {why}',
    remedy: 'install dnsmasq (Debian: apt-get install dnsmasq-base), and start this as root',
    retry: false,
    exit: EXIT.unavailable,
  },
  NETBOOT_PROGRAM_MISSING: {
    message: 'Cannot let machines of {what} boot over the network: iPXE for them was not found ({looked})',
    remedy: 'install iPXE (Debian: apt-get install ipxe); {instead}',
    retry: false,
    exit: EXIT.unavailable,
  },
  NETBOOT_INTERFACE: {
    message: 'Cannot serve DHCP on the interface "{interface}": {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.usage,
  },
  NETBOOT_SUBNET: {
    message: 'Cannot serve DHCP in the subnet "{subnet}": {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.usage,
  },
  NETBOOT_IPV6: {
    message: 'Cannot serve machines over IPv6: {why}',
    remedy: '{remedy} (docs/conductor.md, IPv6)',
    retry: false,
    exit: EXIT.usage,
  },
  NETBOOT_PORT_TAKEN: {
    message: 'Cannot serve DHCP and TFTP on "{interface}": another program uses one of the ports: {output}',
    remedy:
      'find the program with `ss -lunp "sport = 67 or sport = 69 or sport = 4011"` and end it; a DHCP server on this machine may serve only other interfaces',
    retry: true,
    exit: EXIT.unavailable,
  },
  NETBOOT_START: {
    message: 'Cannot serve DHCP and TFTP on "{interface}": dnsmasq {state}: {output}',
    remedy: 'see {log}',
    retry: true,
    exit: EXIT.unavailable,
  },
  NETBOOT_ENDED: {
    message: 'Cannot go on serving DHCP and TFTP: dnsmasq ended by itself ({state}): {output}',
    remedy: 'see {log}, then start it again',
    retry: true,
    exit: EXIT.unavailable,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(NETBOOT_ERRORS)
