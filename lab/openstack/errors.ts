import { EXIT, errorsOf } from '../../src/core/index.ts'
import type { ErrorTable } from '../../src/core/index.ts'

export const OPENSTACK_LAB_ERRORS = {
  LAB_OPENSTACK_EXISTS: {
    message: 'Cannot bring up lab "{name}": there is one of this name already, in {where}',
    remedy: 'Use it, take it down with "anneal lab down --name {name}", or give another --name.',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_OPENSTACK_UNKNOWN: {
    message: 'Cannot find lab "{name}": there is {known}',
    remedy: 'Bring it up with "anneal lab up --name {name}".',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_OPENSTACK_NAME: {
    message: 'Cannot name a lab "{name}": {why}',
    remedy: 'Take one to twelve of a-z, 0-9 and -, beginning with a letter.',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_NO_NETWORK: {
    message: 'Cannot make a network for lab "{name}": none of 10.77.1.0/24 to 10.77.250.0/24 is free',
    remedy: 'Take down labs that nobody needs ("anneal lab status" lists them).',
    retry: true,
    exit: EXIT.unavailable,
  },
  LAB_SERVICE_START: {
    message: 'Cannot start {service}: {state}: {output}',
    remedy: 'See {log}. "anneal lab down" removes what was started.',
    retry: true,
    exit: EXIT.unavailable,
  },
  LAB_SERVICE_UNKNOWN: {
    message: 'Cannot find service "{service}": lab "{lab}" runs {known}',
    remedy: 'Name one of these.',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_MACHINE_UNKNOWN: {
    message: 'Cannot find node "{name}": lab "{lab}" has {known}',
    remedy: 'Name one of these.',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_MACHINE_OFF: {
    message: 'Cannot attach to the console of "{name}": it is switched off',
    remedy: 'Switch it on, or read what it wrote with "anneal lab console {name} --log".',
    retry: true,
    exit: EXIT.failed,
  },
  LAB_PROCESSES_REMAIN: {
    message: 'Cannot take down lab "{name}": pids {pids} do not end',
    remedy:
      'Look at what holds them (/proc/PID/stack), end them, then run "anneal lab down --name {name}" again.',
    retry: true,
    exit: EXIT.failed,
  },
  LAB_API: {
    message: 'Cannot {request}: status {status}: {text}',
    remedy: "Read the service's log in the directory of the lab.",
    retry: false,
    exit: EXIT.failed,
  },
  LAB_NODE_FAILED: {
    message: 'Cannot bring node "{name}" to "{expected}": it is in "{state}": {error}',
    remedy:
      'See ironic/ironic-conductor.log in the directory of the lab, and "anneal lab console {name} --log".',
    retry: false,
    exit: EXIT.failed,
  },
  LAB_INTERRUPTED: {
    message: 'Cannot bring up the lab: it was interrupted',
    remedy: 'What was started is down again. Run it once more.',
    retry: true,
    exit: EXIT.failed,
  },
  LAB_USAGE: {
    message: 'Cannot run "anneal lab {command}": {why}',
    remedy: 'See "anneal lab help".',
    retry: false,
    exit: EXIT.usage,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(OPENSTACK_LAB_ERRORS)
