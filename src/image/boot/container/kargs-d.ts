import type { Finding } from '../../../core/index.ts'
import type { Volume } from '../../stack/index.ts'
import { VERBATIM, expandOptions } from '../arguments.ts'
import type { BootArgument } from '../contract.ts'
import { finding } from '../findings.ts'
import type { ImageFiles, TextFile } from '../image-files.ts'
import { lineOf, parseToml, textsOf } from './toml-file.ts'

const DIRECTORY = '/usr/lib/bootc/kargs.d'
const KEYS = ['kargs', 'match-architectures']

/** Architectures as Rust calls them, by the names that containers have. */
const RUST_NAMES: Readonly<Record<string, string>> = {
  amd64: 'x86_64',
  arm64: 'aarch64',
  ppc64le: 'powerpc64',
}

export type FoundArguments = Readonly<{ arguments: readonly BootArgument[]; findings: readonly Finding[] }>

/** What bootc calls an architecture of a container. */
export function rustName(architecture: string): string {
  return RUST_NAMES[architecture] ?? architecture
}

/**
 * Kernel arguments of /usr/lib/bootc/kargs.d: its files in the order of their names, those for other architectures left
 * out. bootc's documentation, "Kernel arguments".
 */
export async function readKargsD(
  files: ImageFiles,
  volume: Volume,
  architecture: string,
): Promise<FoundArguments> {
  const found: BootArgument[] = []
  const findings: Finding[] = []
  for (const name of await files.names(volume, DIRECTORY)) {
    if (!name.endsWith('.toml')) continue
    const file = await files.text(volume, `${DIRECTORY}/${name}`)
    if (file === undefined) continue
    const read = readFile(file, architecture)
    if ('problem' in read) findings.push(finding('BOOTC_FILE_INVALID', file.file, read.problem))
    else found.push(...read.arguments)
  }
  return { arguments: found, findings }
}

function readFile(
  file: TextFile,
  architecture: string,
): Readonly<{ arguments: readonly BootArgument[] } | { problem: string }> {
  const parsed = parseToml(file.text)
  if ('problem' in parsed) return parsed
  const { table } = parsed
  const strange = Object.keys(table).find((key) => !KEYS.includes(key))
  if (strange !== undefined) return { problem: `the key "${strange}" is not known` }
  const kargs = textsOf(table['kargs'])
  if (kargs === undefined) return { problem: 'kargs is no list of texts' }
  const only = table['match-architectures']
  const names = only === undefined ? undefined : textsOf(only)
  if (only !== undefined && names === undefined) return { problem: 'match-architectures is no list of texts' }
  if (names?.includes(rustName(architecture)) === false) return { arguments: [] }
  return { arguments: argumentsIn(kargs, file) }
}

/** Each text may hold several arguments. */
export function argumentsIn(kargs: readonly string[], { text, file }: TextFile): readonly BootArgument[] {
  return kargs.flatMap((karg) => {
    const line = lineOf(text, karg)
    const source = { kind: 'bootc', file, ...(line !== undefined && { line }) } as const
    return expandOptions(karg, source, VERBATIM).arguments
  })
}
