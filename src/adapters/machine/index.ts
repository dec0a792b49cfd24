export { passedOnConsole } from './passed-on-console.ts'
import type { Machine } from '../../ports/index.ts'
import { openConsole } from './console.ts'
import { sshBanner } from './ssh-banner.ts'

/** A machine as it answers over the network and on its serial port. */
export const networkMachine: Machine = { sshBanner, openConsole }
