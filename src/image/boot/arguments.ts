import { parseKernelCommandLine } from '../../core/index.ts'
import type { Finding, KernelArgument } from '../../core/index.ts'
import type { ArgumentSource, BootArgument } from './contract.ts'
import { finding } from './findings.ts'
import type { Variable, Variables } from './grub/environment.ts'
import { reasonOf } from './reasons.ts'

export type Expansion = Readonly<{
  arguments: readonly BootArgument[]
  init: string
  findings: readonly Finding[]
}>

/** What GRUB knows when it makes an entry. */
export type Knowledge = Readonly<{
  variables: Variables
  /** All of GRUB's configuration was understood: what is not set, is not set, and GRUB puts nothing in its place. */
  isComplete: boolean
  /** Nobody replaces variables: a `$` is a character. */
  isVerbatim?: boolean
}>

export const NOTHING_KNOWN: Knowledge = { variables: new Map(), isComplete: false }
/** systemd-boot, and what lies in a unified kernel image. */
export const VERBATIM: Knowledge = { variables: new Map(), isComplete: true, isVerbatim: true }

const VARIABLE = /\$(?:\{([A-Za-z0-9_]+)\}|([A-Za-z0-9_]+))/g

/** The arguments of a line of options, with GRUB's variables replaced as far as they are known. */
export function expandOptions(text: string, source: ArgumentSource, known: Knowledge): Expansion {
  const line = parseKernelCommandLine(text)
  const findings: Finding[] = []
  const found = line.arguments.flatMap((argument) => expandArgument(argument, source, known, findings))
  return { arguments: found, init: line.init, findings }
}

function expandArgument(
  argument: KernelArgument,
  source: ArgumentSource,
  known: Knowledge,
  findings: Finding[],
): readonly BootArgument[] {
  const from = describe(source)
  if (known.isVerbatim === true || !argument.text.includes('$'))
    return [{ ...argument, source, reason: reasonOf(argument, from) }]
  const [whole, braced, bare] = new RegExp(`^${VARIABLE.source}$`).exec(argument.text) ?? []
  if (whole !== undefined) {
    const name = braced ?? bare ?? ''
    const variable = known.variables.get(name)
    if (variable !== undefined) return argumentsOf(name, variable, from)
    if (!known.isComplete) findings.push(unresolved(name, source))
    return []
  }
  const names = new Set<string>()
  const text = argument.text.replace(VARIABLE, (_, inBraces?: string, alone?: string) => {
    const name = inBraces ?? alone ?? ''
    const variable = known.variables.get(name)
    if (variable === undefined && !known.isComplete) findings.push(unresolved(name, source))
    names.add(name)
    return variable?.value ?? ''
  })
  return parseKernelCommandLine(text).arguments.map((one) => ({
    ...one,
    source,
    reason: reasonOf(one, `${from}, with GRUB’s $${[...names].join(', $')}`),
  }))
}

function argumentsOf(name: string, { value, source }: Variable, from: string): readonly BootArgument[] {
  return parseKernelCommandLine(value).arguments.map((one) => ({
    ...one,
    source,
    reason: reasonOf(one, `${describe(source)} as $${name}, which ${from} asks for`),
  }))
}

function unresolved(name: string, source: ArgumentSource): Finding {
  const remedies: Readonly<Record<string, string>> = {
    ignition_firstboot:
      'for the first boot of Fedora CoreOS add --karg ignition.firstboot --karg ignition.platform.id=metal; for later ones nothing',
    kernelopts: 'look it up in the image’s grubenv, and add it with --karg',
    tuned_params: 'nothing to do unless tuned sets parameters; if it does, add them with --karg',
  }
  const remedy = remedies[name]
  return finding('VARIABLE_UNRESOLVED', `$${name}`, describe(source), remedy === undefined ? {} : { remedy })
}

/** `p1:/loader/entries/a.conf:5`. */
export function describe(source: ArgumentSource): string {
  if (source.kind === 'made') return 'made by Anneal'
  if (source.kind === 'karg') return 'asked for with --karg'
  return source.line === undefined ? source.file : `${source.file}:${source.line}`
}
