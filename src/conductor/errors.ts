import { EXIT, errorsOf } from '../core/index.ts'
import type { ErrorTable } from '../core/index.ts'

export const CONDUCTOR_ERRORS = {
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
  MACHINE_UNPREPARED: {
    message: 'Cannot deploy on machine "{machine}": {why}',
    remedy: 'run `anneal metal deploy`, which sets what is needed, or set instance_info',
    retry: false,
    exit: EXIT.usage,
  },
  MACHINE_NOT_HEARD: {
    message:
      'Cannot {action} machine "{machine}": its deploy ramdisk has not been heard of for {seconds} seconds',
    remedy:
      'look at the machine’s console: it has to boot over the network first, from an interface whose MAC address is enrolled as a port',
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
  TASK_STEP_TIMEOUT: {
    message: 'Cannot {action} machine "{machine}": "{effect}" took longer than {seconds} seconds',
    remedy: 'look at the machine and its BMC, then ask again',
    retry: true,
    exit: EXIT.unavailable,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONDUCTOR_ERRORS)
