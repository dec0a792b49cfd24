export { CPIO_MAGICS, cpioEntries } from './entries.ts'
export type { CpioEntry } from './entries.ts'
export { LARGEST_CPIO_MEMBER_BYTES, cpioHeader, cpioPadding, cpioTrailer } from './write.ts'
export type { NewCpioMember } from './write.ts'
