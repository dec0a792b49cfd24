import { errorsOf, EXIT } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const LIBVIRT_ERRORS = {
  HYPERVISOR_UNREACHABLE: {
    message: 'Cannot reach libvirt at "{socket}": {state}',
    remedy:
      'Check that the libvirt service runs and that its run directory (/run/libvirt) is shared with the host; ' +
      'then try again.',
    retry: true,
    exit: EXIT.unavailable,
  },
  HYPERVISOR_AUTH_REQUIRED: {
    message: 'Cannot open libvirt at "{socket}": it asks for {methods} authentication',
    remedy:
      'Run as root, or set auth_unix_rw = "none" in libvirtd.conf (the socket\'s file mode still guards it).',
    retry: false,
    exit: EXIT.unavailable,
  },
  HYPERVISOR_REFUSED: {
    message: 'Cannot {action} through libvirt at "{socket}": {reason} (libvirt error {libvirtCode})',
    remedy: "Look into libvirt's log; `virsh list --all` on the node shows whether it answers at all.",
    retry: true,
    exit: EXIT.unavailable,
  },
  HYPERVISOR_BROKEN_ANSWER: {
    message: 'Cannot understand libvirt at "{socket}": {state}',
    remedy:
      'Check that it is libvirt that listens there: the socket must speak its RPC program 0x20008086, version 1.',
    retry: false,
    exit: EXIT.unavailable,
  },
  STATUS_FILE_UNREADABLE: {
    message: 'Cannot read libvirt\'s status file "{path}": {state}',
    remedy:
      "The file is libvirt's own. Compare it with the running guest (`virsh dumpxml`) before anything restarts libvirt.",
    retry: false,
    exit: EXIT.refused,
  },
  STATUS_FILE_UNWRITABLE: {
    message: 'Cannot replace libvirt\'s status file "{path}": {state}',
    remedy: 'Check free space and the rights of the directory. The file that was there before is untouched.',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raiseLibvirt = errorsOf(LIBVIRT_ERRORS)
