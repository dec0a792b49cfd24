import { EXIT, errorsOf } from '../errors.ts'
import type { ErrorTable } from '../errors.ts'

const usage = { retry: false, exit: EXIT.usage } as const

export const KERNEL_ARGUMENT_ERRORS = {
  KERNEL_ARGUMENT_MALFORMED: {
    ...usage,
    message: 'Cannot use "{text}" as one kernel argument: the kernel reads {count} in it',
    remedy: 'give each argument by itself; put double quotes around a value with spaces: key="a value"',
  },
  KERNEL_ARGUMENT_UNQUOTABLE: {
    ...usage,
    message: 'Cannot write the kernel argument "{key}": the kernel has no way to read it back as it is',
    remedy: 'leave double quotes out of the value, and spaces, quotes and "=" out of the key',
  },
  KERNEL_ARGUMENT_ABSENT: {
    ...usage,
    message: 'Cannot take "{text}" off the command line: it is not there',
    remedy: 'name one that is: {present}',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(KERNEL_ARGUMENT_ERRORS)
