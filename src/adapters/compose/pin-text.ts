import type { Scalar } from 'yaml'
import type { Path, Tree } from '../../node/release/index.ts'
import { escapeDollars, isList, isMap, valueAt } from '../../node/release/index.ts'
import type { LoadedDraft } from './load.ts'
import type { YamlTree } from './yaml-tree.ts'

export const LOCK_HEADER =
  '# Locked by `anneal node lock`: change the file it was made from, and lock again.\n'

type Splice = Readonly<{ start: number; end: number; text: string }>

/**
 * The text of a Compose file with its images pinned and its variables replaced, and not one other character changed:
 * comments, order and quotes stay. `pins` goes from the image as it is read to what it is pinned to.
 */
export function pinText(loaded: LoadedDraft, pins: ReadonlyMap<string, string>): string {
  const { yaml, tree } = loaded
  const splices = new Map<number, Splice>()
  const put = (path: Path, value: string, comment?: string): void => {
    const place = yaml.place(path)
    if (place === undefined) return
    const [start, end] = place.value
    const written = scalarText(value, place.scalar, yaml.text.slice(start, end))
    splices.set(start, {
      start,
      end,
      text: written + (comment === undefined ? '' : trailing(yaml.text, end, comment)),
    })
  }

  for (const { path, after, before } of loaded.replacements) {
    if (escapeDollars(after) !== before) put(path, escapeDollars(after))
  }
  for (const [path, value] of inheritedVariables(loaded)) put(path, escapeDollars(value))
  for (const name of Object.keys(mapAt(tree, ['services']))) {
    const path = ['services', name, 'image']
    const image = valueAt(tree, path)
    if (typeof image !== 'string') continue
    const pin = pins.get(image)
    if (pin !== undefined && pin !== image) put(path, pin, image)
  }
  const text = apply(yaml, [...splices.values()])
  return text.startsWith(LOCK_HEADER) ? text : LOCK_HEADER + text
}

/** Names in `environment` that take their value from outside: with it, the locked file means the same everywhere. */
function inheritedVariables({ tree, lookup }: LoadedDraft): readonly (readonly [Path, string])[] {
  return Object.keys(mapAt(tree, ['services'])).flatMap((name) => {
    const path: Path = ['services', name, 'environment']
    const environment = valueAt(tree, path)
    if (isList(environment)) {
      return environment.flatMap((item, index): (readonly [Path, string])[] => {
        if (typeof item !== 'string' || item.includes('=')) return []
        return [[[...path, index], `${item}=${lookup(item) ?? ''}`]]
      })
    }
    return Object.entries(isMap(environment) ? environment : {}).flatMap(
      ([key, value]): (readonly [Path, string])[] =>
        value === null ? [[[...path, key], lookup(key) ?? '']] : [],
    )
  })
}

function mapAt(tree: Tree, path: Path): Readonly<Record<string, Tree>> {
  const value = valueAt(tree, path)
  return isMap(value) ? value : {}
}

/** The value in the quotes that it had; with quotes where a bare one would be read as something else. */
function scalarText(value: string, scalar: Scalar | undefined, before: string): string {
  const bare =
    /^[A-Za-z/][\w./@-]*(:[\w./@-]+)*$/.test(value) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(value)
  const isBlock = scalar?.type === 'BLOCK_LITERAL' || scalar?.type === 'BLOCK_FOLDED'
  if (isBlock) return `${JSON.stringify(value)}${before.endsWith('\n') ? '\n' : ''}`
  // A key without a value: the text begins right after its colon.
  if (before === '') return ` ${JSON.stringify(value)}`
  if (scalar?.type === 'QUOTE_SINGLE' && !/[\n\r']/.test(value)) return `'${value}'`
  return scalar?.type === 'PLAIN' && bare ? value : JSON.stringify(value)
}

/** ` # name:tag` behind a pinned image, where the rest of the line is free. */
function trailing(text: string, end: number, comment: string): string {
  const rest = text.slice(end, text.indexOf('\n', end) === -1 ? undefined : text.indexOf('\n', end))
  return rest.trim() === '' ? ` # ${comment}` : ''
}

function apply(yaml: YamlTree, splices: readonly Splice[]): string {
  let text = yaml.text
  for (const { start, end, text: written } of splices.toSorted((a, b) => b.start - a.start)) {
    text = text.slice(0, start) + written + text.slice(end)
  }
  return text
}
