import { errorsOf, EXIT } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const LIBVIRT_ERRORS = {
  HYPERVISOR_UNREACHABLE: {
    message: 'Cannot reach libvirt at "{socket}": {state}',
    remedy:
      'check that the libvirt service runs and shares its run directory (/run/libvirt) with the host, then run this again',
    retry: true,
    exit: EXIT.unavailable,
  },
  HYPERVISOR_AUTH_REQUIRED: {
    message: 'Cannot open libvirt at "{socket}": it asks for {methods} authentication',
    remedy:
      'run as root, or set auth_unix_rw = "none" in libvirtd.conf (the socket\'s file mode still protects it)',
    retry: false,
    exit: EXIT.unavailable,
  },
  HYPERVISOR_REFUSED: {
    message: 'Cannot {action} through libvirt at "{socket}": {reason} (libvirt error {libvirtCode})',
    remedy: "read libvirt's log; `virsh list --all` on the node shows whether it answers at all",
    retry: true,
    exit: EXIT.unavailable,
  },
  HYPERVISOR_BROKEN_ANSWER: {
    message: 'Cannot understand libvirt at "{socket}": {state}',
    remedy: 'check that libvirt listens at this socket: it must speak RPC program 0x20008086, version 1',
    retry: false,
    exit: EXIT.unavailable,
  },
  STATUS_FILE_UNREADABLE: {
    message: 'Cannot read libvirt\'s status file "{path}": {state}',
    remedy:
      'the file belongs to libvirt: compare it with the running guest (`virsh dumpxml`) before libvirt restarts',
    retry: false,
    exit: EXIT.refused,
  },
  STATUS_FILE_UNWRITABLE: {
    message: 'Cannot replace libvirt\'s status file "{path}": {state}',
    remedy: 'check free space and the permissions of the directory; the old file is unchanged',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raiseLibvirt = errorsOf(LIBVIRT_ERRORS)
