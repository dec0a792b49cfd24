import { errorsOf, EXIT } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const SYSTEMD_ERRORS = {
  SYSTEMD_UNREACHABLE: {
    message: 'Cannot ask systemd to {action}: {state}',
    remedy:
      "Run Anneal where the host's system bus can be reached (/run/dbus/system_bus_socket) and `busctl`, which comes " +
      'with systemd, is installed.',
    retry: true,
    exit: EXIT.unavailable,
  },
  SYSTEMD_REFUSED: {
    message: 'Cannot {action} through systemd: {reason}',
    remedy: '`systemctl status` and `journalctl -u systemd-machined` on the node say more.',
    retry: false,
    exit: EXIT.failed,
  },
  MACHINED_BROKEN: {
    message: 'Cannot register guests with systemd-machined: it is installed but does not answer: {reason}',
    remedy:
      'Unmask and start systemd-machined, or uninstall it (systemd-container). While it is only half there, libvirt kills ' +
      'the guests that it cannot find in it when it starts.',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raiseSystemd = errorsOf(SYSTEMD_ERRORS)
