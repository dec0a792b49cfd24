import type { Lookup } from './interpolate.ts'
import { interpolate } from './interpolate.ts'
import type { Path, Problem } from './problem.ts'
import type { Tree } from './tree.ts'
import { isList, isMap } from './tree.ts'

/** A text whose variables were replaced. */
export type Replacement = Readonly<{ path: Path; before: string; after: string }>

/**
 * Replaces the variables in all values of a Compose file (never in keys). Extension fields other than Anneal's are left
 * alone: what of them is used reaches its place through an alias, and is replaced there.
 */
export function replaceVariables(
  tree: Tree,
  lookup: Lookup,
): Readonly<{ tree: Tree; problems: readonly Problem[]; replacements: readonly Replacement[] }> {
  const problems: Problem[] = []
  const replacements: Replacement[] = []
  const walk = (value: Tree, path: Path): Tree => {
    if (typeof value === 'string') {
      const { text, errors } = interpolate(value, lookup)
      problems.push(...errors.map((error): Problem => ({ path, error, at: 'value' })))
      if (text !== value) replacements.push({ path, before: value, after: text })
      return text
    }
    if (isList(value)) return value.map((item, index) => walk(item, [...path, index]))
    if (!isMap(value)) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const foreign = key.startsWith('x-') && key !== 'x-anneal'
        return [key, foreign ? item : walk(item, [...path, key])]
      }),
    )
  }
  return { tree: walk(tree, []), problems, replacements }
}
