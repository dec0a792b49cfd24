import {
  editKernelArguments,
  formatKernelCommandLine,
  lintForIronic,
  parseKernelCommandLine,
} from '../core/index.ts'
import type { Finding, IronicRules, KernelArgument } from '../core/index.ts'

/** An argument as it is written, and where it comes from: `the boot entry …`, `image property kernel_cmdline`. */
export type PlainArgument = Readonly<{ text: string; origin: string }>

export type SourcedArgument = KernelArgument & PlainArgument

export type ArgumentLayers = Readonly<{
  /** What the image boots with when nobody says anything else: its boot contract. */
  contract: readonly PlainArgument[]
  /** The property `kernel_cmdline` of the image. */
  property?: string
  added: readonly string[]
  deleted: readonly string[]
  /** Those of the Ironic that is asked; both where it is not known. */
  rules?: IronicRules
}>

export type MergedArguments = Readonly<{
  /** What the kernel gets. */
  line: string
  arguments: readonly SourcedArgument[]
  /** Of the contract, or of the property; taken away by `--delete-karg` or because another took their place. */
  removed: readonly SourcedArgument[]
  /** What is wrong with the line; `refuse` must not be sent. */
  findings: readonly Finding[]
}>

/**
 * The kernel command line of one deployment, by these rules:
 *
 * 1. The property `kernel_cmdline` is the image's whole command line where the image has it, as the specification
 *    lp#1526409 wants it; else the boot contract is. An argument that is in both keeps the origin that the contract
 *    knows.
 * 2. `--delete-karg` takes arguments off it, then `--karg` appends. What counts once (`root=`, `ostree=`, …) takes the
 *    place of an earlier one. `anneal image convert` has the same rules for the same flags.
 * 3. The result must pass the parser of the Ironic that is asked. From release 39 on Ironic parses the field that is used here
 *    when the machine boots by virtual media. In other cases it copies the field into the script of the boot loader.
 *
 * Throws KERNEL_ARGUMENT_ABSENT, KERNEL_ARGUMENT_MALFORMED.
 */
export function mergeArguments(layers: ArgumentLayers): MergedArguments {
  const { contract, property } = layers
  const from = parseKernelCommandLine(property ?? contract.map((one) => one.text).join(' '))
  const present = from.arguments.map((one) => ({ ...one, origin: originOf(one, contract) }))
  const { kept, appended, deleted, replaced } = editKernelArguments(present, {
    delete: layers.deleted,
    append: layers.added,
  })
  const merged = [...kept, ...appended.map((one) => ({ ...one, origin: '--karg' }))]
  const line = formatKernelCommandLine({ arguments: merged, init: from.init })
  return {
    line,
    arguments: merged,
    removed: [...deleted, ...replaced],
    findings: lintForIronic(line, layers.rules),
  }
}

function originOf(argument: KernelArgument, contract: readonly PlainArgument[]): string {
  return contract.find((one) => one.text === argument.text)?.origin ?? 'image property kernel_cmdline'
}
