import type { Path } from '../problem.ts'
import type { Tree } from '../tree.ts'
import { isList, isMap } from '../tree.ts'

/** A change to a document. A list of them is applied in order, both to plain values and to a file with its comments. */
export type Edit =
  /** Puts a value at a place, making the maps on the way. */
  | Readonly<{ op: 'set'; path: Path; value: Tree }>
  | Readonly<{ op: 'delete'; path: Path }>
  /** Gives a key another name; its value, place and comments stay. */
  | Readonly<{ op: 'rename'; path: Path; to: string }>

export function applyEdits(tree: Tree, edits: readonly Edit[]): Tree {
  return edits.reduce((result, edit) => applyEdit(result, edit, edit.path), tree)
}

function applyEdit(tree: Tree, edit: Edit, path: Path): Tree {
  const [key, ...rest] = path
  if (key === undefined) return edit.op === 'set' ? edit.value : tree
  if (typeof key === 'number') {
    const items = isList(tree) ? tree : []
    if (rest.length === 0 && edit.op === 'delete') return items.filter((_, index) => index !== key)
    if (key >= items.length)
      return edit.op === 'set' && key === items.length ? [...items, applyEdit({}, edit, rest)] : items
    return items.map((item, index) => (index === key ? applyEdit(item, edit, rest) : item))
  }
  const map = isMap(tree) ? tree : {}
  if (rest.length > 0) {
    if (edit.op !== 'set' && !Object.hasOwn(map, key)) return tree
    return { ...map, [key]: applyEdit(map[key] ?? {}, edit, rest) }
  }
  switch (edit.op) {
    case 'set':
      return { ...map, [key]: edit.value }
    case 'delete':
      return Object.fromEntries(Object.entries(map).filter(([name]) => name !== key))
    case 'rename':
      return Object.fromEntries(
        Object.entries(map).map(([name, value]) => [name === key ? edit.to : name, value]),
      )
  }
}

/** What stands at a place. */
export function valueAt(tree: Tree | undefined, path: Path): Tree | undefined {
  let at = tree
  for (const key of path) {
    if (typeof key === 'number') at = isList(at) ? at[key] : undefined
    else at = isMap(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }
  return at
}
