export type { BmcAddress, BootOrder, Firmware, PowerState } from './bmc-address.ts'
export { bootProgramUrl, bootScriptUrl } from './netboot.ts'
export type { NetbootMachine, NetbootSettings } from './netboot.ts'
