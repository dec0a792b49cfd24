import { findingsOf } from '../finding.ts'
import type { FindingTable } from '../finding.ts'

/** What can be wrong with a kernel command line that a deployer hands on. */
export const KERNEL_ARGUMENT_FINDINGS = {
  KARG_KEY_REFUSED: {
    severity: 'refuse',
    meaning:
      'A key has a character that Ironic’s parser refuses: it takes letters, digits, “_”, “-” and “.” only. A GRUB variable such as `$ignition_firstboot` is one of these.',
    remedy: 'take the argument off (--delete-karg) and give what it stands for (--karg)',
  },
  KARG_VALUE_EMPTY: {
    severity: 'refuse',
    meaning: 'Nothing stands behind the “=”: Ironic’s parser refuses it.',
    remedy: 'take the argument off (--delete-karg), or give it a value or no “=”',
  },
  KARG_VALUE_REFUSED: {
    severity: 'refuse',
    meaning:
      'A value has a character that Ironic’s parser refuses: a control character, or one beyond ASCII.',
    remedy: 'take the argument off (--delete-karg) and write it in printable ASCII (--karg)',
  },
  KARG_QUOTES_REFUSED: {
    severity: 'refuse',
    meaning: 'Double quotes stand elsewhere than around the whole of a value: Ironic’s parser refuses them.',
    remedy: 'write it as key="the whole value"',
  },
  KARG_SEPARATOR_REFUSED: {
    severity: 'refuse',
    meaning: 'Arguments are separated by a tab or a line break: Ironic’s parser takes spaces only.',
    remedy: 'separate arguments by spaces',
  },
  KARG_VARIABLE: {
    severity: 'warn',
    meaning: 'A value has a “$”: no boot loader expands it on a netboot, and iPXE expands “${…}” as its own.',
    remedy: 'give the value that the variable stands for',
  },
  KARG_IPXE_QUOTES: {
    severity: 'warn',
    meaning:
      'iPXE takes quotes and backslashes off the line of its script: a value with spaces then falls apart into several arguments.',
    remedy: 'find a way to say it without spaces, quotes and backslashes, or boot by GRUB or a UKI',
  },
} as const satisfies FindingTable

export const kernelArgumentFinding = findingsOf(KERNEL_ARGUMENT_FINDINGS)
