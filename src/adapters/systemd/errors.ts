import { errorsOf, EXIT } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const SYSTEMD_ERRORS = {
  SYSTEMD_UNREACHABLE: {
    message: 'Cannot ask systemd to {action}: {state}',
    remedy:
      "run Anneal where it can reach the host's system bus (/run/dbus/system_bus_socket) and `busctl` (of systemd) is installed",
    retry: true,
    exit: EXIT.unavailable,
  },
  SYSTEMD_REFUSED: {
    message: 'Cannot {action} through systemd: {reason}',
    remedy: 'see `systemctl status` and `journalctl -u systemd-machined` on the node',
    retry: false,
    exit: EXIT.failed,
  },
  UNIT_NOT_DISARMED: {
    message: 'Cannot keep {unit} from starting its container: {why}',
    remedy:
      'see `systemctl cat` of the unit, and whether /etc/systemd/system is writable; nothing was stopped, and the unit acts as before',
    retry: false,
    exit: EXIT.refused,
  },
  UNIT_NOT_REARMED: {
    message: 'Cannot let {unit} act again: {why}',
    remedy:
      'remove zzzz-anneal.conf from its drop-ins in /etc/systemd/system and run `systemctl daemon-reload`',
    retry: true,
    exit: EXIT.failed,
  },
  UNIT_NOT_STARTED: {
    message: 'Cannot have {unit} watch its container again: {why}',
    remedy:
      'the container runs. See `systemctl status` and `journalctl -u` of the unit, start it, and run `anneal node recover`',
    retry: true,
    exit: EXIT.failed,
  },
  UNIT_MADE_NO_CONTAINER: {
    message: 'Cannot start {unit}: it is up, and container "{container}" does not run',
    remedy:
      'see `systemctl status` and `journalctl -u` of the unit: whether the image that it names is still here, and what its command says; then run `anneal node recover`',
    retry: true,
    exit: EXIT.failed,
  },
  HOST_DAEMON_REFUSED: {
    message: 'Cannot take over {unit} of the host: {why}',
    remedy:
      'see `systemctl cat` of the unit. It needs KillMode=process, no ExecStop= or ExecStopPost=, no RuntimeDirectory= that its stop removes and no PrivateTmp=, as packages have it; nothing was stopped',
    retry: false,
    exit: EXIT.refused,
  },
  HOST_LIBVIRT_MIXED: {
    message:
      'Cannot take over {unit} of the host: {rival} is up as well, and only one libvirt may have the guests',
    remedy:
      'see `systemctl status` of both, and decide which of them to keep. Keep the other from starting: `systemctl disable --now` for its services and its sockets (guests run on); nothing was stopped',
    retry: false,
    exit: EXIT.refused,
  },
  HOST_DAEMON_NOT_STARTED: {
    message: 'Cannot start {unit} of the host: it is {state}',
    remedy: 'see `systemctl status` and `journalctl -u` of the unit; then run `anneal node recover`',
    retry: true,
    exit: EXIT.failed,
  },
  MACHINED_BROKEN: {
    message: 'Cannot register guests with systemd-machined: it is installed but does not answer: {reason}',
    remedy:
      'unmask and start systemd-machined, or remove it (package systemd-container). As it is, libvirt would kill guests ' +
      'when it starts, because it cannot find them there',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raiseSystemd = errorsOf(SYSTEMD_ERRORS)
