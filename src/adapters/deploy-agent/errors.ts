import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const AGENT_ERRORS = {
  AGENT_UNREACHABLE: {
    message: 'Cannot give "{command}" to ironic-python-agent at {agent}: {why}',
    remedy: 'look at the console of the machine, and check that the conductor can reach this address',
    retry: true,
    exit: EXIT.unavailable,
  },
  AGENT_BUSY: {
    message: 'Cannot give "{command}" to ironic-python-agent at {agent}: it works on another command',
    remedy: 'wait until the agent is done',
    retry: true,
    exit: EXIT.unavailable,
  },
  AGENT_REFUSED: {
    message: 'Cannot give "{command}" to ironic-python-agent at {agent}: it answers: {why}',
    remedy: 'boot a ramdisk with the ironic-python-agent of Debian 13, or report this',
    retry: false,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(AGENT_ERRORS)
