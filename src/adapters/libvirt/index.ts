export { libvirtHypervisor } from './hypervisor.ts'
export type { HypervisorOptions } from './hypervisor.ts'
export { libvirtGuestFiles } from './guest-files.ts'
export { libvirtGuestLogs } from './guest-logs.ts'
