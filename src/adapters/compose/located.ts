import { errorsOf } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import { RELEASE_ERRORS, formatPath } from '../../node/release/index.ts'
import type { Problem } from '../../node/release/index.ts'
import { raise as raiseCompose } from './errors.ts'
import type { YamlTree } from './yaml-tree.ts'

/** A problem and where in which file it is; lines and columns count from 1. */
export type LocatedProblem = Readonly<{
  file: string
  line: number
  column: number
  path: string
  error: AnnealError
}>

/** A file can be wrong all over; a person corrects a screenful at a time. */
const MAX_LISTED = 30

const raise = errorsOf(RELEASE_ERRORS)

/** Finds the place of each problem; where a value is missing, that of the map it is missing from. */
export function locate(
  file: string,
  yaml: YamlTree,
  problems: readonly Problem[],
): readonly LocatedProblem[] {
  return problems.map(({ path, error, at }) => {
    let known = path
    while (known.length > 0 && yaml.place(known) === undefined) known = known.slice(0, -1)
    const place = yaml.place(known)
    const range = at === 'key' || known.length < path.length ? (place?.key ?? place?.value) : place?.value
    return { file, ...yaml.position(range?.[0] ?? 0), path: formatPath(path), error }
  })
}

export function locateYaml(file: string, yaml: YamlTree): readonly LocatedProblem[] {
  return yaml.problems.map(({ path, offset, error }) => {
    return { file, ...yaml.position(offset), path: formatPath(path), error }
  })
}

/** The one error that lists all of them, in the order of the file. `data.problems` has each on its own. */
export function invalidRelease(file: string, problems: readonly LocatedProblem[]): AnnealError {
  return raise('RELEASE_INVALID', listed(file, problems))
}

/** The same of a file that is imported and cannot be read at all. */
export function unreadableImport(file: string, problems: readonly LocatedProblem[]): AnnealError {
  return raiseCompose('IMPORT_UNREADABLE', listed(file, problems))
}

function listed(file: string, problems: readonly LocatedProblem[]) {
  const sorted = problems.toSorted((a, b) => a.line - b.line || a.column - b.column)
  const texts = [...new Set(sorted.map(formatProblem))]
  const first = texts.slice(0, MAX_LISTED)
  const more = texts.length > first.length ? [`… and ${texts.length - first.length} more`] : []
  const count = texts.length === 1 ? '1 problem' : `${texts.length} problems`
  const listing = [...first, ...more].join('\n')
  return { file, count, listing, problems: texts, codes: sorted.map((one) => one.error.code) }
}

/** `compute.yaml:12:5 services.libvirt.links: Cannot support "links": …; remedy: …`. */
function formatProblem({ file, line, column, path, error }: LocatedProblem): string {
  return `${file}:${line}:${column} ${path}: ${error.message}\n  remedy: ${error.remedy}`
}
