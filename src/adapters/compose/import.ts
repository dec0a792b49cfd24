import { readFile, stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Finding } from '../../node/index.ts'
import {
  composeTree,
  importDockerCommand,
  importDockerRun,
  isMap,
  modernise,
  problemFinding,
  replaceVariables,
  requireProjectName,
  withRawEnvFiles,
} from '../../node/release/index.ts'
import type {
  DockerRunImport,
  Imported,
  Lookup,
  OldFormat,
  ReleaseDraft,
  Tree,
} from '../../node/release/index.ts'
import { editYaml, writeYaml } from './edit-document.ts'
import { raise } from './errors.ts'
import type { Environment } from './files.ts'
import { directoryOf, readEnvFiles, readText, variableSource } from './files.ts'
import { locateYaml, unreadableImport } from './located.ts'
import { schemaProblems } from './schema-problems.ts'
import { validateCompose } from './schemas.ts'
import { readYaml } from './yaml-tree.ts'

export type ImportOptions = Readonly<{
  environment: Environment
  /** Name of the project; else the file's own, else that of its directory. Throws NAME_INVALID. */
  project?: string
}>

export type ImportResult = Readonly<{
  from: OldFormat | 'docker run' | 'containers'
  /** The Compose file of today. */
  text: string
  findings: readonly Finding[]
}>

/** Reads a fig.yml, an old Compose file or a script with `docker run` lines. */
export async function importFile(file: string, options: ImportOptions): Promise<ImportResult> {
  const text = await readText(file)
  const directory = directoryOf(file)
  const yaml = readYaml(text)
  const format = formatOf(yaml.tree)
  if (format === undefined) {
    if (/\b(?:docker|podman)\s[^\n]*\b(?:run|create)\s/.test(text)) {
      return fromDocker(importDockerRun(text, directory), { ...options, directory })
    }
    if (yaml.problems.length > 0) throw unreadableImport(file, locateYaml(file, yaml))
    throw raise('IMPORT_UNKNOWN_FORMAT', { file })
  }
  if (yaml.problems.length > 0) throw unreadableImport(file, locateYaml(file, yaml))
  const tree: Tree = format === 'fig' ? { services: yaml.tree } : yaml.tree
  const imported = await modern(tree, format, { ...options, directory })
  const edited = editYaml(text, imported.edits, format === 'fig' ? 'wrap' : 'keep', imported.tree)
  return { from: format, text: edited, findings: imported.findings }
}

/** Reads one `docker run` that a shell has already split into words. */
export async function importCommand(words: readonly string[], options: ImportOptions): Promise<ImportResult> {
  return fromDocker(importDockerCommand(words), { ...options, directory: resolve('.') })
}

/** A release that was read from containers, with secrets taken out as from every other form. */
export async function importDraft(
  draft: ReleaseDraft,
  from: Readonly<{ findings: readonly Finding[]; directory?: string }>,
  options: ImportOptions,
): Promise<ImportResult> {
  const { tree, findings } = await modern(composeTree(draft), 'compose', {
    ...options,
    directory: from.directory ?? resolve('.'),
  })
  return { from: 'containers', text: writeYaml(tree), findings: [...from.findings, ...findings] }
}

type Placed = ImportOptions & Readonly<{ directory: string }>

async function fromDocker(run: DockerRunImport, options: Placed): Promise<ImportResult> {
  const { tree, findings } = await modern(run.tree, 'compose', options)
  return { from: 'docker run', text: writeYaml(tree), findings: [...run.findings, ...findings] }
}

async function modern(tree: Tree, format: OldFormat, options: Placed): Promise<Imported> {
  const { directory, project: named } = options
  if (named !== undefined) requireProjectName(named)
  const lookup: Lookup = await variableSource(directory, options.environment)
  const project = projectName(basename(directory))
  // A file that cannot be read is missed when the new file is used; here it only hides what is in it.
  const { files } = await readEnvFiles(format === 'fig' ? withRawEnvFiles(tree) : tree, directory, lookup)
  const configFiles = await readConfigs(tree, directory)
  const imported = modernise({
    tree,
    format,
    project,
    named,
    directory,
    envFiles: files,
    lookup,
    configFiles,
  })
  const filled = replaceVariables(imported.tree, (name) => lookup(name) ?? name.toLowerCase()).tree
  const invalid = schemaProblems(validateCompose(filled), 'import').map(problemFinding)
  return { ...imported, findings: [...imported.findings, ...invalid] }
}

/** Longest file under `configs:` that is looked through for secrets. */
const MAX_CONFIG_BYTES = 1 << 20

async function readConfigs(tree: Tree, directory: string): Promise<ReadonlyMap<string, string>> {
  const configs = isMap(tree) && isMap(tree['configs']) ? Object.values(tree['configs']) : []
  const texts = new Map<string, string>()
  for (const config of configs) {
    const file = isMap(config) ? config['file'] : undefined
    if (typeof file !== 'string') continue
    const path = resolve(directory, file)
    const known = await stat(path).catch(() => undefined)
    if (known === undefined || !known.isFile() || known.size > MAX_CONFIG_BYTES) continue
    texts.set(file, await readFile(path, 'utf8').catch(() => ''))
  }
  return texts
}

/** fig.yml had services at its top; every later format has them under `services`. */
function formatOf(tree: Tree): OldFormat | undefined {
  if (!isMap(tree)) return undefined
  if (isMap(tree['services'])) return 'compose'
  const services = Object.values(tree)
  const all = services.every(
    (service) => isMap(service) && ('image' in service || 'build' in service || 'extends' in service),
  )
  return services.length > 0 && all ? 'fig' : undefined
}

/** A directory's name as Compose makes a project name of it. */
function projectName(directory: string): string {
  const name = directory
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]+/g, '')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 63)
  return name === '' ? 'compute' : name
}
