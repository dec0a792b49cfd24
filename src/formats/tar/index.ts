export { isHeader as isTarHeader } from './header.ts'
export { tarMembers } from './members.ts'
export type { TarMember } from './members.ts'
