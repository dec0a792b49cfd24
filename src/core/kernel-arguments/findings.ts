import { findingsOf } from '../finding.ts'
import type { FindingTable } from '../finding.ts'

/** What can be wrong with a kernel command line that a deployer hands on. */
export const KERNEL_ARGUMENT_FINDINGS = {
  KARG_KEY_REFUSED: {
    severity: 'refuse',
    meaning:
      'A key has a character that Ironic’s parser refuses. It accepts only letters, digits, “_”, “-” and “.”, so it also refuses a GRUB variable such as `$ignition_firstboot`.',
    remedy: 'remove the argument (--delete-karg) and add its value instead (--karg)',
  },
  KARG_VALUE_EMPTY: {
    severity: 'refuse',
    meaning: 'The value after “=” is empty: Ironic’s parser refuses it.',
    remedy: 'remove the argument (--delete-karg), give it a value, or leave out the “=”',
  },
  KARG_VALUE_REFUSED: {
    severity: 'refuse',
    meaning: 'A value has a control character or a character outside ASCII: Ironic’s parser refuses it.',
    remedy: 'remove the argument (--delete-karg) and add it in printable ASCII (--karg)',
  },
  KARG_QUOTES_REFUSED: {
    severity: 'refuse',
    meaning: 'Double quotes are not around the whole value: Ironic’s parser refuses them.',
    remedy: 'write key="the whole value"',
  },
  KARG_SEPARATOR_REFUSED: {
    severity: 'refuse',
    meaning:
      'A tab or a line break separates arguments, or there are two spaces before `--`: Ironic’s parser accepts only spaces, and up to Ironic 29 only one before `--`.',
    remedy: 'separate arguments with one space',
  },
  KARG_INIT_REFUSED: {
    severity: 'refuse',
    meaning:
      'The arguments of init (after `--`) have a double quote or a character outside printable ASCII: the parser of Ironic 35 and newer refuses it.',
    remedy: 'write the arguments of init in printable ASCII, without double quotes',
  },
  KARG_INIT_MOVED: {
    severity: 'warn',
    meaning:
      'The arguments of init (after `--`) have a double quote or a second `--`. If Ironic 39 boots by virtual media, it passes some of them to the kernel instead.',
    remedy: 'leave double quotes and a second `--` out of the arguments of init',
  },
  KARG_VARIABLE: {
    severity: 'warn',
    meaning: 'A value has a “$”. On a network boot no boot loader expands it.',
    remedy: 'give the value of the variable',
  },
  KARG_IPXE_CHANGED: {
    severity: 'warn',
    meaning:
      'iPXE changes the command line in its script: it replaces “${…}”, ends a command at the words “&&”, “||”, “;” and at a word that begins with “#”, and joins blanks in a row also inside quotes.',
    remedy: 'write the argument in another way, or boot with GRUB or a UKI',
  },
} as const satisfies FindingTable

export const kernelArgumentFinding = findingsOf(KERNEL_ARGUMENT_FINDINGS)
