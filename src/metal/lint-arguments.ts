import { commandLine } from './kernel-arguments.ts'
import type { PlainArgument } from './kernel-arguments.ts'

/** What is wrong with one argument, or (without one) with all of them together. */
export type ArgumentProblem = Readonly<{ argument?: PlainArgument; why: string }>

/**
 * Longest command line that the kernel takes on x86 and arm64 (COMMAND_LINE_SIZE, 2048 with the closing zero), less
 * what Ironic's template and iPXE put around it.
 */
export const MOST_BYTES = 1800

/**
 * What may not be sent to Ironic. It puts `ramdisk_kernel_arguments` into an iPXE script or a GRUB configuration as it
 * is, so what these would understand as their own has to be refused here. The rules are those that Ironic's own check
 * of `kernel_append_params` has since the fix of CVE-2026-46447 (ironic/common/kernel_parameter_parser/grammar.g), which
does not look at this field, and what GRUB and iPXE make of the rest.
 */
export function lintArguments(all: readonly PlainArgument[]): readonly ArgumentProblem[] {
  const single = all.flatMap((argument) => {
    const why = problemOf(argument.text)
    return why === undefined ? [] : [{ argument, why }]
  })
  const length = commandLine(all).length
  const whole =
    length > MOST_BYTES ? [{ why: `${length} bytes are more than the ${MOST_BYTES} that fit` }] : []
  return [...single, ...whole]
}

const RULES: readonly Readonly<{ pattern: RegExp; why: string }>[] = [
  { pattern: /[^\x20-\x7E]/, why: 'it holds a control character, or one that is not ASCII' },
  { pattern: /'/, why: 'it holds a single quote: the kernel knows only double quotes' },
  { pattern: /[;`\\]/, why: 'it holds a character that boot loaders take for their own: ; ` or \\' },
  { pattern: /&&|\|\|/, why: 'it holds && or ||, which iPXE takes for its own' },
  {
    pattern: /\$/,
    why: 'it holds $: a variable of GRUB, which nobody replaces when the machine boots from the network',
  },
  { pattern: /^[^=]+=("")?$/, why: 'its value is empty' },
  { pattern: /^=/, why: 'it has no name' },
  { pattern: /^(?![\w.-]+(=|$))/, why: 'its name is not made of letters, digits, "_", "-" and "."' },
]

function problemOf(text: string): string | undefined {
  if (text === '') return 'it is empty'
  if ((text.split('"').length - 1) % 2 === 1) return 'a double quote is not closed'
  if (/\s/.test(text.replaceAll(/"[^"]*"/g, ''))) return 'it is more than one argument'
  return RULES.find(({ pattern }) => pattern.test(text))?.why
}
