import type { OpenBmc } from '../../ports/index.ts'
import { openIpmi } from './ipmi/ipmi-bmc.ts'
import { openRedfish } from './redfish/redfish-bmc.ts'
import { openWakeOnLan } from './wake-on-lan.ts'

/** Opens no connection: each call makes its own, and leaves none behind. */
export const openBmc: OpenBmc = (address) => {
  switch (address.kind) {
    case 'ipmi':
      return openIpmi(address)
    case 'redfish':
      return openRedfish(address)
    case 'wakeOnLan':
      return openWakeOnLan(address)
  }
}
