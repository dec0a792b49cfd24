import { EXIT, errorsOf } from '../core/index.ts'
import type { ErrorTable } from '../core/index.ts'

export const CONDUCTOR_ERRORS = {
  CONDUCTOR_FAULT: {
    message: 'Cannot {action} machine "{machine}": a fault of the conductor itself: {why}',
    remedy: 'report it with the lines of the conductor’s log, then ask again',
    retry: false,
    exit: EXIT.failed,
  },
  RAMDISK_REPORT_INVALID: {
    message: 'Cannot read the report of a deploy ramdisk: {why}',
    remedy: 'boot the ramdisk that `anneal metal ramdisk` of this version built',
    retry: false,
    exit: EXIT.failed,
  },
  ROOT_DEVICE_HINT_INVALID: {
    message: 'Cannot choose a disk of machine "{machine}": the hint "{hint}" of root_device is wrong: {why}',
    remedy: 'correct `root_device` in the properties of the machine',
    retry: false,
    exit: EXIT.usage,
  },
  ROOT_DEVICE_NOT_FOUND: {
    message: 'Cannot choose a disk of machine "{machine}": it has none {wanted}; it has {found}',
    remedy: 'correct `root_device` in the properties of the machine, or look whether the disk is broken',
    retry: false,
    exit: EXIT.refused,
  },
  KERNEL_ARGUMENTS_IPXE: {
    message: 'Cannot deploy machine "{machine}": iPXE would change its kernel arguments: {why}',
    remedy:
      'remove the argument and write it in another way (--delete-karg, --karg), or deploy with `--form whole-disk`',
    retry: false,
    exit: EXIT.refused,
  },
  KEEP_INVALID: {
    message: 'Cannot keep "{keep}" on machine "{machine}": {why}',
    remedy: 'write `label=NAME`, or another kind that docs/conductor.md lists',
    retry: false,
    exit: EXIT.usage,
  },
  DISK_KEPT: {
    message: 'Cannot {action} machine "{machine}": disk {disk} must be kept: {found}',
    remedy: 'name another disk by `root_device`, or remove the entry from `--keep` or from the inventory',
    retry: false,
    exit: EXIT.refused,
  },
  DISK_CONTENTS_UNKNOWN: {
    message:
      'Cannot touch the disks of machine "{machine}": its ramdisk does not say what is on them, and {keep} must be kept',
    remedy: 'build the deploy ramdisk again with `anneal metal ramdisk`, and deploy with it',
    retry: false,
    exit: EXIT.refused,
  },
  DISK_GONE: {
    message: 'Cannot {action} machine "{machine}": after it restarted, disk {disk} is gone; it has {found}',
    remedy: 'look at the machine’s disks, then ask again',
    retry: false,
    exit: EXIT.failed,
  },
  BMC_UNKNOWN: {
    message: 'Cannot reach the BMC of machine "{machine}": {why}',
    remedy: 'correct the machine in the inventory, then run `anneal metal enroll`',
    retry: false,
    exit: EXIT.usage,
  },
  MACHINE_UNPREPARED: {
    message: 'Cannot deploy on machine "{machine}": {why}',
    remedy: 'run `anneal metal deploy`, which sets what is needed, or set instance_info',
    retry: false,
    exit: EXIT.usage,
  },
  LIVE_UNFIT: {
    message: 'Cannot run the live image "{image}" on machine "{machine}": {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  MACHINE_NOT_HEARD: {
    message:
      'Cannot {action} machine "{machine}": its deploy ramdisk has been silent for {seconds} seconds{seen}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.failed,
  },
  RAMDISK_FAILED: {
    message: 'Cannot {action} machine "{machine}": its deploy ramdisk gave up with {code}: {lines}',
    remedy: 'repair what it names and ask again; nothing that was half written can boot',
    retry: false,
    exit: EXIT.failed,
  },
  SECOND_RAMDISK: {
    message:
      'Cannot {action} machine "{machine}": two machines reported in its name, from {first} and from {second}',
    remedy: 'find the machine that uses a MAC address of another, then ask again',
    retry: false,
    exit: EXIT.failed,
  },
  MACHINE_REPLACED: {
    message:
      'Cannot {action} machine "{machine}": another machine reported in its name: its system UUID is {found}, and that of the machine is {known}',
    remedy:
      'find the machine that has its network card or its MAC address; if its mainboard was replaced, run `anneal metal inspect`, or remove the node and enroll it again',
    retry: false,
    exit: EXIT.refused,
  },
  MACHINE_POWER_STUCK: {
    message:
      'Cannot switch machine "{machine}" {wanted}: {seconds} seconds later its BMC says that it is {found}',
    remedy: 'look at the machine; a BMC that hangs is reset by `ipmitool mc reset cold`',
    retry: true,
    exit: EXIT.unavailable,
  },
  MACHINE_SHUT_DOWN_IGNORED: {
    message: 'Cannot shut down machine "{machine}": {seconds} seconds later its system is still running',
    remedy: 'shut its system down by hand, or cut the power: `openstack baremetal node power off MACHINE`',
    retry: true,
    exit: EXIT.unavailable,
  },
  MACHINE_UNKNOWN: {
    message: 'Cannot find machine "{machine}": none is enrolled with this name or uuid',
    remedy: 'enroll it: `anneal metal enroll FILE`',
    retry: false,
    exit: EXIT.usage,
  },
  MACHINE_EXISTS: {
    message: 'Cannot enroll {what} "{value}": machine "{machine}" has it already',
    remedy: 'give it another name or address, or remove the other machine',
    retry: false,
    exit: EXIT.refused,
  },
  MACHINE_BUSY: {
    message: 'Cannot {action} machine "{machine}": a task is under way (node is locked by host {host})',
    remedy: 'wait until the task ends, or cancel it',
    retry: true,
    exit: EXIT.locked,
  },
  MACHINE_VERB_REFUSED: {
    message:
      'Cannot perform "{verb}" on machine "{machine}": its provision state is "{state}"{maintenance}; it takes {allowed}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  MACHINE_VALUE_INVALID: {
    message: 'Cannot accept {what}: {why}',
    remedy: 'correct the request',
    retry: false,
    exit: EXIT.usage,
  },
  MACHINE_IN_USE: {
    message: 'Cannot remove machine "{machine}": its provision state is "{state}"',
    remedy: 'undeploy it first: `anneal metal undeploy`',
    retry: false,
    exit: EXIT.refused,
  },
  MACHINE_PROTECTED: {
    message: 'Cannot {action} machine "{machine}": it is protected{reason}',
    remedy: 'remove its protection first: `openstack baremetal node unset MACHINE --protected`',
    retry: false,
    exit: EXIT.refused,
  },
  RAMDISK_TOKEN_INVALID: {
    message:
      'Cannot accept the call of a deploy ramdisk from {from}: its token is not that of a task under way',
    remedy: 'restart the machine: it gets a token of its own when it boots over the network',
    retry: false,
    exit: EXIT.refused,
  },
  RAMDISK_MISSING: {
    message:
      'Cannot boot machine "{machine}" over the network: it is {architecture} (cpu_arch), and the conductor has a deploy ramdisk for {known} only',
    remedy:
      'build one by `anneal metal ramdisk --architecture {debian} DIR`, and start the conductor with a second `--ramdisk-dir DIR`; or correct cpu_arch of the machine',
    retry: false,
    exit: EXIT.refused,
  },
  AGENT_UNFIT: {
    message: 'Cannot boot ironic-python-agent on machine "{machine}" (deploy interface direct): {why}',
    remedy:
      'name its kernel and ramdisk in the inventory (`agent:`) or by `anneal metal serve --agent-dir`, or set another deploy interface',
    retry: false,
    exit: EXIT.refused,
  },
  AGENT_TOKEN_INVALID: {
    message:
      'Cannot accept the heartbeat of ironic-python-agent from {from}: its token is not that of a task under way',
    remedy: 'restart the machine: it gets a token of its own when it boots over the network',
    retry: false,
    exit: EXIT.refused,
  },
  AGENT_LOOKUP_UNKNOWN: {
    message:
      'Cannot find a machine for ironic-python-agent at {from}: no machine that waits for its agent has {what}',
    remedy: 'enroll the MAC address as a port, and boot the machine for a task of its own',
    retry: false,
    exit: EXIT.refused,
  },
  AGENT_TOO_OLD: {
    message: 'Cannot work with ironic-python-agent of {from}: it is {found}, and {least} is the oldest',
    remedy: 'boot a ramdisk with a newer ironic-python-agent (Debian 13 has one)',
    retry: false,
    exit: EXIT.refused,
  },
  AGENT_HEARTBEAT_INVALID: {
    message: 'Cannot accept the heartbeat of ironic-python-agent from {from}: {why}',
    remedy: 'the agent has to listen on the address by which it reaches the conductor',
    retry: false,
    exit: EXIT.refused,
  },
  AGENT_INVENTORY_INVALID: {
    message: 'Cannot read what ironic-python-agent says of its machine: {why}',
    remedy: 'boot a ramdisk with the ironic-python-agent of Debian 13, or report this',
    retry: false,
    exit: EXIT.failed,
  },
  AGENT_COMMAND_FAILED: {
    message: 'Cannot {action} machine "{machine}": its ironic-python-agent failed at {command}: {why}',
    remedy: 'repair what it names and ask again; the machine boots nothing that is half written',
    retry: false,
    exit: EXIT.failed,
  },
  AGENT_IMAGE_CHECKSUM: {
    message: 'Cannot {action} machine "{machine}": the image arrived damaged: {why}',
    remedy: 'look at the memory and the network of the machine, then ask again',
    retry: false,
    exit: EXIT.failed,
  },
  AGENT_DISK_TOO_SMALL: {
    message:
      'Cannot deploy on machine "{machine}": its disk {disk} has {diskBytes} bytes, and the image {imageBytes}',
    remedy: 'choose another disk by `root_device`, or a smaller image',
    retry: false,
    exit: EXIT.refused,
  },
  AGENT_DISK_SECTORS: {
    message:
      'Cannot deploy on machine "{machine}": its disk {disk} has sectors of {diskBytes} bytes, and the image is for {imageBytes}',
    remedy: 'choose another disk by `root_device`, or an image for such disks',
    retry: false,
    exit: EXIT.refused,
  },
  TASK_STEP_TIMEOUT: {
    message: 'Cannot {action} machine "{machine}": "{effect}" took longer than {seconds} seconds',
    remedy: 'look at the machine and its BMC, then ask again',
    retry: true,
    exit: EXIT.unavailable,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONDUCTOR_ERRORS)

/** An error as a machine shows it (`last_error`). */
export function lastErrorOf({
  message,
  code,
  remedy,
}: Readonly<{ message: string; code: string; remedy: string }>): string {
  return `${message} (${code}). ${remedy}`
}
