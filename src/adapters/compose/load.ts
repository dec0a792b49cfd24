import type { Digest } from '../../core/index.ts'
import type { Finding } from '../../node/index.ts'
import type { Lookup, Notice, Release, ReleaseDraft, Replacement, Tree } from '../../node/release/index.ts'
import { draftRelease, lintRelease, replaceVariables, sealRelease } from '../../node/release/index.ts'
import { raise } from './errors.ts'
import type { Environment } from './files.ts'
import { directoryOf, readEnvFiles, readText, variableSource } from './files.ts'
import { invalidRelease, locate, locateYaml } from './located.ts'
import { schemaProblems } from './schema-problems.ts'
import { validateCompose } from './schemas.ts'
import { readYaml } from './yaml-tree.ts'
import type { YamlTree } from './yaml-tree.ts'

export type LoadOptions = Readonly<{
  /** Where variables come from before the `.env` file; usually the process's own environment. */
  environment: Environment
  /** Instead of the `.env` file beside the Compose file. */
  envFile?: string
}>

export type LoadedDraft = Readonly<{
  /** As it was given. */
  file: string
  yaml: YamlTree
  /** The file with its variables replaced. */
  tree: Tree
  draft: ReleaseDraft
  notices: readonly Notice[]
  replacements: readonly Replacement[]
  lookup: Lookup
}>

/** Reads a Compose file whose images need not be pinned. Throws RELEASE_INVALID with all that is wrong. */
export async function loadDraft(file: string, options: LoadOptions): Promise<LoadedDraft> {
  const text = await readText(file)
  const directory = directoryOf(file)
  const lookup = await variableSource(directory, options.environment, options.envFile)
  return draftFromText(text, { file, directory, lookup })
}

/** The same for a text that is not (or not yet) in its file. */
export async function draftFromText(
  text: string,
  { file, directory, lookup }: Readonly<{ file: string; directory: string; lookup: Lookup }>,
): Promise<LoadedDraft> {
  const yaml = readYaml(text)
  if (yaml.problems.length > 0) throw invalidRelease(file, locateYaml(file, yaml))

  const { tree, problems: unset, replacements } = replaceVariables(yaml.tree, lookup)
  const schema = schemaProblems(validateCompose(tree))
  if (schema.length > 0) throw invalidRelease(file, locate(file, yaml, [...unset, ...schema]))

  const { files, problems: unread } = await readEnvFiles(tree, directory, lookup)
  const { draft, problems, notices } = draftRelease({ tree, directory, envFiles: files, lookup })
  const all = [...unset, ...unread, ...problems]
  if (all.length > 0) throw invalidRelease(file, locate(file, yaml, all))
  return { file, yaml, tree, draft, notices, replacements, lookup }
}

/**
 * Reads a release. Throws RELEASE_INVALID, RELEASE_UNPINNED where `anneal node lock` has not been run, and
 * RELEASE_HOLDS_SECRETS: a release is kept on the node and printed, so no secret may ever be in one.
 */
export async function loadRelease(
  file: string,
  options: LoadOptions & Readonly<{ digest: Digest }>,
): Promise<Release> {
  const { draft } = await loadDraft(file, options)
  refuseSecrets(file, lintRelease(draft))
  return sealRelease(draft, options.digest, file)
}

/** Throws RELEASE_HOLDS_SECRETS, with the names of variables and options. */
export function refuseSecrets(file: string, findings: readonly Finding[]): void {
  const secrets = findings.filter(
    ({ code }) => code === 'SECRET_IN_ENVIRONMENT' || code === 'SECRET_IN_ARGUMENTS',
  )
  if (secrets.length === 0) return
  const what = secrets.map(({ subject, evidence }) => `${subject}: ${evidence}`).join('; ')
  throw raise('RELEASE_HOLDS_SECRETS', { file, what })
}
