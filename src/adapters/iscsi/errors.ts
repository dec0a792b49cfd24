import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const ISCSI_ERRORS = {
  ISCSI_TOOL_MISSING: {
    message: 'Cannot write to an iSCSI target: {why}',
    remedy: 'install the packages qemu-utils and qemu-block-extra',
    retry: false,
    exit: EXIT.unavailable,
  },
  ISCSI_LOGIN: {
    message: 'Cannot log in to target "{target}" on {portal}: {why}',
    remedy: 'check that the machine can be reached on this port; deploy it again for a new password',
    retry: true,
    exit: EXIT.failed,
  },
  ISCSI_WRITE: {
    message: 'Cannot write {lengthBytes} bytes at byte {offsetBytes} of target "{target}": {why}',
    remedy: 'check the machine’s disk and network, and deploy it again',
    retry: true,
    exit: EXIT.failed,
  },
  ISCSI_PIECE: {
    message: 'Cannot write piece {index} to target "{target}": {why}',
    remedy: 'the image has changed while it was read: deploy the machine again',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(ISCSI_ERRORS)
