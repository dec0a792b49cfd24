import { EXIT, errorsOf } from '../core/index.ts'
import type { ErrorTable } from '../core/index.ts'

export const METAL_ERRORS = {
  INVENTORY_INVALID: {
    message: 'Cannot read the inventory "{file}": {at}: {why}',
    remedy: 'docs/metal.md has an example with every key',
    retry: false,
    exit: EXIT.usage,
  },
  BMC_CREDENTIAL_MISSING: {
    message:
      'Cannot enroll node "{node}": the {what} of its BMC is to come from {source}, and that is {state}',
    remedy:
      'set the variable, or write the file (one line, mode 0600); a credential is never written into the inventory',
    retry: false,
    exit: EXIT.usage,
  },
  METAL_NODE_UNKNOWN: {
    message: 'Cannot {action}: Ironic shows {login} no node "{node}"; it shows {known}',
    remedy: 'name one of these, or enroll it: `anneal metal enroll FILE`{hidden}',
    retry: false,
    exit: EXIT.usage,
  },
  METAL_NODE_MISMATCH: {
    message:
      'Cannot enroll node "{node}": it is there with {what} "{found}", and the inventory says "{wanted}"',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_NODE_MAINTENANCE: {
    message: 'Cannot {action}: node "{node}" is in maintenance ({reason})',
    remedy: 'see to the machine, then `openstack baremetal node maintenance unset {node}`',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_NODE_STATE: {
    message: 'Cannot {action}: node "{node}" is in provision state "{state}"',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_NODE_OCCUPIED: {
    message: 'Cannot deploy on node "{node}": {by} is on it',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_NODE_INVALID: {
    message: 'Cannot {action}: Ironic finds node "{node}" not ready for it: {problems}',
    remedy:
      'correct the node’s driver_info, properties or ports; nothing was started and the node is as it was',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_IMAGE_NOT_READY: {
    message: 'Cannot deploy image "{image}": {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_NO_ROUTE: {
    message: 'Cannot deploy image "{image}" on node "{node}": {routes}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_NOVA_CANNOT: {
    message: 'Cannot deploy image "{image}" on node "{node}" by way of Nova: {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_SERVER_UNDEPLOYABLE: {
    message: 'Cannot undeploy node "{node}": it is instance {server}, and {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  KERNEL_ARGUMENTS_REFUSED: {
    message: 'Cannot boot with these kernel arguments: {problems}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  SSH_KEY_INVALID: {
    message: 'Cannot use the SSH key from "{source}": line {line} is no public key',
    remedy: 'name a .pub file of OpenSSH, one key a line',
    retry: false,
    exit: EXIT.usage,
  },
  DEPLOY_FAILED: {
    message: 'Cannot deploy on node "{node}": {service} gave up in "{state}" after {seconds} s: {reason}',
    remedy:
      'correct what it says, then run the same command again: it starts over from there; or `anneal metal undeploy {node}`',
    retry: true,
    exit: EXIT.failed,
  },
  DEPLOY_POWERED_OFF: {
    message:
      'Cannot deploy on node "{node}": the machine is powered off in "{state}" for {seconds} s, and nobody asked for that',
    remedy:
      'see who or what switched it off; Ironic waits until its own time-out. `anneal metal undeploy {node}` ends it at once, and the same deploy begins anew',
    retry: true,
    exit: EXIT.failed,
  },
  DEPLOY_SILENT: {
    message:
      'Cannot deploy on node "{node}": the machine has given no sign of life for {seconds} s, in "{state}"',
    remedy:
      'look at its console and its power: it may be off, or hang, or not reach Ironic (which does not look at the power in this state). The same command has it restarted and goes on; `anneal metal undeploy {node}` ends the wait; --callback-timeout sets how long silence may last',
    retry: true,
    exit: EXIT.failed,
  },
  DEPLOY_ABORTED: {
    message: 'Cannot deploy on node "{node}": somebody took it to "{state}" meanwhile',
    remedy: 'see who else works on the node, then run this again',
    retry: true,
    exit: EXIT.failed,
  },
  DEPLOY_STEP_TIMEOUT: {
    message: 'Cannot finish {effect} on node "{node}": no answer within {seconds} s',
    remedy:
      'see whether Ironic answers (`openstack baremetal node show {node}`), then run the same command again: it goes on from where the node is',
    retry: true,
    exit: EXIT.unavailable,
  },
  DEPLOY_TIMEOUT: {
    message: 'Cannot wait any longer for node "{node}": it is in "{state}" after {seconds} s',
    remedy:
      'look at its console; `anneal metal watch {node}` follows it on, the same command waits again, and --timeout sets how long',
    retry: true,
    exit: EXIT.failed,
  },
  METAL_VERB_FAILED: {
    message: 'Cannot {action}: Ironic gave up on node "{node}" in "{state}": {reason}',
    remedy: 'correct what it says (driver_info, power, cabling), then run this again',
    retry: true,
    exit: EXIT.failed,
  },
  MACHINE_SILENT: {
    message: 'Cannot see that node "{node}" is ready: {why} within {seconds} s after it became active',
    remedy:
      'look at its console (`anneal metal console {node}`): Ironic has done its part, the image has not come up. The same command waits again',
    retry: true,
    exit: EXIT.failed,
  },
  READY_UNCLEAR: {
    message: 'Cannot tell when node "{node}" is ready: {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.usage,
  },
  CONSOLE_UNAVAILABLE: {
    message: 'Cannot read the console of node "{node}": {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.unavailable,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(METAL_ERRORS)
