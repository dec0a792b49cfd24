import { EXIT, errorsOf } from '../../src/core/index.ts'
import type { ErrorTable } from '../../src/core/index.ts'

export const OPENSTACK_LAB_ERRORS = {
  LAB_OPENSTACK_EXISTS: {
    message: 'Cannot start lab "{name}": it exists already, in {where}',
    remedy: 'use it, remove it with `anneal lab down --lab {name}`, or choose another name with --lab',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_OPENSTACK_UNKNOWN: {
    message: 'Cannot find lab "{name}": there is {known}',
    remedy: 'start it with `anneal lab up --lab {name}`',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_OPENSTACK_NAME: {
    message: 'Cannot name a lab "{name}": {why}',
    remedy: 'use one to twelve of a-z, 0-9 and -, starting with a letter',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_NO_NETWORK: {
    message: 'Cannot make a network for lab "{name}": none of 10.77.1.0/24 to 10.77.250.0/24 is free',
    remedy: 'remove labs that nobody needs (`anneal lab status` lists them)',
    retry: true,
    exit: EXIT.unavailable,
  },
  LAB_SERVICE_START: {
    message: 'Cannot start {service}: {state}: {output}',
    remedy: 'see {log}; `anneal lab down` removes what was started',
    retry: true,
    exit: EXIT.unavailable,
  },
  LAB_SERVICE_UNKNOWN: {
    message: 'Cannot find service "{service}": lab "{lab}" runs {known}',
    remedy: 'name one of these',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_MACHINE_UNKNOWN: {
    message: 'Cannot find node "{name}": lab "{lab}" has {known}',
    remedy: 'name one of these',
    retry: false,
    exit: EXIT.usage,
  },
  LAB_MACHINE_OFF: {
    message: 'Cannot attach to the console of "{name}": it is switched off',
    remedy: 'switch it on, or read its log with `anneal lab console {name} --log`',
    retry: true,
    exit: EXIT.failed,
  },
  LAB_PROCESSES_REMAIN: {
    message: 'Cannot remove lab "{name}": pids {pids} do not end',
    remedy:
      'find out what holds them (/proc/PID/stack), end them, then run `anneal lab down --lab {name}` again',
    retry: true,
    exit: EXIT.failed,
  },
  LAB_API: {
    message: 'Cannot {request}: status {status}: {text}',
    remedy: "read the service's log in the directory of the lab",
    retry: false,
    exit: EXIT.failed,
  },
  LAB_NODE_FAILED: {
    message: 'Cannot bring node "{name}" to "{expected}": it is in "{state}": {error}',
    remedy:
      'see ironic/ironic-conductor.log in the directory of the lab, and `anneal lab console {name} --log`',
    retry: false,
    exit: EXIT.failed,
  },
  LAB_USAGE: {
    message: 'Cannot run "anneal lab {command}": {why}',
    remedy: 'see `anneal lab {command} --help`',
    retry: false,
    exit: EXIT.usage,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(OPENSTACK_LAB_ERRORS)
