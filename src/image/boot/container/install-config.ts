import type { Finding } from '../../../core/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { BootArgument } from '../contract.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { argumentsIn, rustName } from './kargs-d.ts'
import { parseToml, tableOf, textsOf } from './toml-file.ts'
import type { Toml } from './toml-file.ts'

/** From the least to the most important: a file takes the place of one of the same name. */
const DIRECTORIES = ['/usr/lib/bootc/install', '/usr/local/lib/bootc/install', '/etc/bootc/install']

/** What an image wants of whoever installs it: bootc-install-config(5). */
export type InstallConfig = Readonly<{
  /** The type of file system that it wants for its root. */
  rootType?: Readonly<{ type: string; file: string }>
  arguments: readonly BootArgument[]
  /** Arguments that are taken off again: `KEY`, or `KEY=VALUE`. */
  deleted: readonly string[]
  findings: readonly Finding[]
}>

export async function readInstallConfig(
  files: ImageFiles,
  volume: Volume,
  architecture: string,
): Promise<InstallConfig> {
  const places = new Map<string, string>()
  for (const directory of DIRECTORIES) {
    for (const name of await files.names(volume, directory)) {
      if (name.endsWith('.toml')) places.set(name, `${directory}/${name}`)
    }
  }
  const found: BootArgument[] = []
  const deleted: string[] = []
  const findings: Finding[] = []
  let rootType: InstallConfig['rootType']
  for (const [, path] of [...places].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const file = await files.text(volume, path)
    if (file === undefined) continue
    const parsed = parseToml(file.text)
    if ('problem' in parsed) {
      findings.push(finding('BOOTC_FILE_INVALID', file.file, parsed.problem))
      continue
    }
    const install = tableOf(parsed.table['install'])
    if (install === undefined || isForOthers(install, architecture)) continue
    const type = rootTypeOf(install)
    if (type !== undefined) rootType = { type, file: file.file }
    found.push(...argumentsIn(textsOf(install['kargs']) ?? [], file))
    deleted.push(...(textsOf(install['karg-deletes']) ?? []))
  }
  return { arguments: found, deleted, findings, ...(rootType && { rootType }) }
}

function isForOthers(install: Toml, architecture: string): boolean {
  return textsOf(install['match-architectures'])?.includes(rustName(architecture)) === false
}

/** The newer way to write it counts where both are there. */
function rootTypeOf(install: Toml): string | undefined {
  const type = tableOf(tableOf(install['filesystem'])?.['root'])?.['type'] ?? install['root-fs-type']
  return typeof type === 'string' ? type : undefined
}
