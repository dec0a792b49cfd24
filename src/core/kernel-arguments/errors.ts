import { EXIT, errorsOf } from '../errors.ts'
import type { ErrorTable } from '../errors.ts'

const usage = { retry: false, exit: EXIT.usage } as const

export const KERNEL_ARGUMENT_ERRORS = {
  KERNEL_ARGUMENT_MALFORMED: {
    ...usage,
    message: 'Cannot use "{text}" as one kernel argument: the kernel would read {count}',
    remedy: 'give each argument on its own; put double quotes around a value with spaces: key="a value"',
  },
  KERNEL_ARGUMENT_UNQUOTABLE: {
    ...usage,
    message: 'Cannot write the kernel argument "{key}": no way of quoting lets the kernel read it unchanged',
    remedy: 'leave double quotes out of the value, and spaces, quotes and "=" out of the key',
  },
  KERNEL_ARGUMENT_ABSENT: {
    ...usage,
    message: 'Cannot remove "{text}" from the command line: the command line does not have it',
    remedy: 'name one that it has: {present}',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(KERNEL_ARGUMENT_ERRORS)
