import { EXIT, errorsOf } from '../core/index.ts'
import type { ErrorTable } from '../core/index.ts'

export const METAL_ERRORS = {
  INVENTORY_INVALID: {
    message: 'Cannot read the inventory "{file}": {at}: {why}',
    remedy: 'see docs/metal.md for an example with every key',
    retry: false,
    exit: EXIT.usage,
  },
  BMC_CREDENTIAL_MISSING: {
    message: 'Cannot enroll node "{node}": the {what} of its BMC comes from {source}, which is {state}',
    remedy:
      'set the variable, or write the file (one line, mode 0600); the inventory itself must not hold credentials',
    retry: false,
    exit: EXIT.usage,
  },
  METAL_NODE_UNKNOWN: {
    message: 'Cannot {action}: the conductor shows {login} no node "{node}"; it shows {known}',
    remedy: 'name one of these, or enroll it: `anneal metal enroll FILE`{hidden}',
    retry: false,
    exit: EXIT.usage,
  },
  METAL_NODE_MISMATCH: {
    message:
      'Cannot enroll node "{node}": the conductor has it with {what} "{found}", and the inventory says "{wanted}"',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_NODE_MAINTENANCE: {
    message: 'Cannot {action}: node "{node}" is in maintenance ({reason})',
    remedy: 'repair the machine, then run `openstack baremetal node maintenance unset {node}`',
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
    message: 'Cannot deploy on node "{node}": it already has {by}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
  METAL_NODE_INVALID: {
    message: 'Cannot {action}: the conductor says that node "{node}" is not ready: {problems}',
    remedy:
      'correct the node’s driver_info, properties or ports; nothing was started and the node has not changed',
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
    message: 'Cannot deploy image "{image}" on node "{node}" through Nova: {why}',
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
    message: 'Cannot use the SSH key from "{source}": line {line} is not a public key',
    remedy: 'give an OpenSSH .pub file with one key per line',
    retry: false,
    exit: EXIT.usage,
  },
  DEPLOY_FAILED: {
    message: 'Cannot deploy on node "{node}": {service} gave up in "{state}" after {seconds} s: {reason}',
    remedy:
      'correct the cause, then run the same command again: it continues from there. To give up, run `anneal metal undeploy {node}`',
    retry: true,
    exit: EXIT.failed,
  },
  DEPLOY_POWERED_OFF: {
    message:
      'Cannot deploy on node "{node}": the machine has been off for {seconds} s in "{state}", and the conductor did not turn it off',
    remedy:
      'find out what turned it off. The conductor waits until its own timeout; to stop it now, run `anneal metal undeploy {node}`, then deploy again',
    retry: true,
    exit: EXIT.failed,
  },
  DEPLOY_SILENT: {
    message: 'Cannot deploy on node "{node}": no sign of life from the machine for {seconds} s in "{state}"',
    remedy:
      'look at its console and its power: it may be off, hang, or fail to reach the conductor. Run the same command again to restart the machine and continue, or `anneal metal undeploy {node}` to give up. --callback-timeout sets how long Anneal waits',
    retry: true,
    exit: EXIT.failed,
  },
  DEPLOY_ABORTED: {
    message: 'Cannot deploy on node "{node}": somebody else moved it to "{state}"',
    remedy: 'find out who else works on the node, then run this again',
    retry: true,
    exit: EXIT.failed,
  },
  DEPLOY_STEP_TIMEOUT: {
    message: 'Cannot finish {effect} on node "{node}": no answer within {seconds} s',
    remedy:
      'see whether the conductor answers (`openstack baremetal node show {node}`), then run the same command again: it goes on from where the node is',
    retry: true,
    exit: EXIT.unavailable,
  },
  DEPLOY_TIMEOUT: {
    message: 'Cannot wait longer for node "{node}": after {seconds} s it is in "{state}"',
    remedy:
      'look at its console. `anneal metal watch {node}` shows its states; the same command waits again; --timeout sets how long',
    retry: true,
    exit: EXIT.failed,
  },
  METAL_VERB_FAILED: {
    message: 'Cannot {action}: the conductor gave up on node "{node}" in "{state}": {reason}',
    remedy: 'correct the cause (driver_info, power, cabling), then run this again',
    retry: true,
    exit: EXIT.failed,
  },
  MACHINE_SILENT: {
    message: 'Cannot see that node "{node}" is ready: {why} within {seconds} s after it became active',
    remedy:
      'look at its console (`anneal metal console {node}`): the conductor is done, but the image does not answer. The same command waits again',
    retry: true,
    exit: EXIT.failed,
  },
  READY_UNCLEAR: {
    message: 'Cannot decide when node "{node}" is ready: {why}',
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
