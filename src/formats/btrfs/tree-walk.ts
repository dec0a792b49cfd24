import type { Cursor } from '../../bytes/index.ts'
import { badField } from './damage.ts'
import { compareKeys, decodeKey, encodeKey, keyText } from './key.ts'
import type { Key } from './key.ts'
import { isSubvolumeId, MOST_U64 } from './layout.ts'
import { itemAt, keyAt, lowerBound, pointerAt } from './tree-node.ts'
import type { TreeNode } from './tree-node.ts'
import type { Volume } from './volume.ts'

/** Where a tree begins: its id, the logical address of its root, and what that has to say of itself. */
export type TreeRoot = Readonly<{ id: bigint; place: number; level: number; generation: bigint }>

export type Item = Readonly<{ key: Key; data: Cursor }>

/** A node and the number of the item or pointer in it that comes next. */
type Step = { node: TreeNode; index: number }

/**
 * The items of a tree from the first key to the last, both with. Depth first: each step goes down one level, a child's
 * first key is the one that its parent has for it, and keys only grow, so that no node is met twice.
 */
export async function* walkItems(
  volume: Volume,
  root: TreeRoot,
  first: Key,
  last: Key,
  structure: string,
  signal?: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  const from = encodeKey(first)
  const to = encodeKey(last)
  const top = await rootNode(volume, root)
  const stack: Step[] = [{ node: top, index: startIn(top, from) }]
  let before: Readonly<{ cursor: Cursor; at: number }> | undefined
  for (let step = stack.at(-1); step !== undefined; step = stack.at(-1)) {
    const { node, index } = step
    const at = keyAt(node, index)
    if (index >= node.count) {
      stack.pop()
      continue
    }
    if (compareKeys(node.cursor, at, to, 0) > 0) return
    step.index += 1
    if (node.level > 0) {
      signal?.throwIfAborted()
      const child = await childNode(volume, root, node, index)
      stack.push({ node: child, index: startIn(child, from) })
      continue
    }
    if (before !== undefined && compareKeys(node.cursor, at, before.cursor, before.at) <= 0)
      throw badField(node.cursor, at, 'a key', keyText(node.cursor, at), 'more than the key before it')
    before = { cursor: node.cursor, at }
    yield { key: decodeKey(node.cursor, at), data: itemAt(node, index, structure) }
  }
}

/** All items of an object with one type. */
export function walkObject(
  volume: Volume,
  root: TreeRoot,
  objectId: bigint,
  type: number,
  structure: string,
  signal?: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  const first = { objectId, type, offset: 0n }
  return walkItems(volume, root, first, { objectId, type, offset: MOST_U64 }, structure, signal)
}

/** The item of exactly this key; undefined where there is none. */
export async function findItem(
  volume: Volume,
  root: TreeRoot,
  key: Key,
  structure: string,
): Promise<Cursor | undefined> {
  const item = await findBefore(volume, root, key, structure)
  if (item === undefined) return undefined
  const { objectId, type, offset } = item.key
  return objectId === key.objectId && type === key.type && offset === key.offset ? item.data : undefined
}

/** The last item that is not behind the key; undefined where all are. */
export async function findBefore(
  volume: Volume,
  root: TreeRoot,
  key: Key,
  structure: string,
): Promise<Item | undefined> {
  const wanted = encodeKey(key)
  let node = await rootNode(volume, root)
  for (;;) {
    const index = lastNotBehind(node, wanted)
    if (index < 0) return undefined
    if (node.level === 0) {
      const found = decodeKey(node.cursor, keyAt(node, index))
      return { key: found, data: itemAt(node, index, structure) }
    }
    node = await childNode(volume, root, node, index)
  }
}

/** The nodes from the root to the leaf that has the key, with the number of its item; of one that is not there, of the item before it. */
export async function pathTo(volume: Volume, root: TreeRoot, key: Key): Promise<readonly Readonly<Step>[]> {
  const wanted = encodeKey(key)
  let node = await rootNode(volume, root)
  const path: Step[] = []
  for (;;) {
    const index = Math.max(0, lastNotBehind(node, wanted))
    path.push({ node, index })
    if (node.level === 0) return path
    node = await childNode(volume, root, node, index)
  }
}

async function rootNode(volume: Volume, root: TreeRoot): Promise<TreeNode> {
  const node = await volume.node(root.place)
  checkNode(node, root, root.level, root.generation)
  return node
}

async function childNode(volume: Volume, root: TreeRoot, parent: TreeNode, index: number): Promise<TreeNode> {
  const { place, generation } = pointerAt(parent, index)
  const child = await volume.node(place)
  checkNode(child, root, parent.level - 1, generation)
  const at = keyAt(parent, index)
  if (child.count === 0) throw badField(child.cursor, 96, 'nritems', 0, '1 or more')
  if (compareKeys(child.cursor, keyAt(child, 0), parent.cursor, at) !== 0) {
    const expected = keyText(parent.cursor, at)
    throw badField(
      child.cursor,
      keyAt(child, 0),
      'its first key',
      keyText(child.cursor, keyAt(child, 0)),
      expected,
    )
  }
  return child
}

/** What whoever points to a node knows of it. */
function checkNode(node: TreeNode, root: TreeRoot, level: number, generation: bigint): void {
  if (node.level !== level) throw badField(node.cursor, 100, 'level', node.level, level)
  if (node.generation !== generation)
    throw badField(node.cursor, 80, 'generation', node.generation, generation)
  // Subvolumes share nodes with the one that they are a snapshot of.
  const fits = isSubvolumeId(root.id) ? isSubvolumeId(node.owner) : node.owner === root.id
  if (!fits) throw badField(node.cursor, 88, 'the tree that it belongs to', node.owner, root.id)
}

function startIn(node: TreeNode, from: Cursor): number {
  const lower = lowerBound(node, from)
  if (node.level === 0) return lower
  return Math.max(0, lastNotBehind(node, from))
}

/** -1 where all keys are behind it. */
function lastNotBehind(node: TreeNode, key: Cursor): number {
  const lower = lowerBound(node, key)
  const isIt = lower < node.count && compareKeys(node.cursor, keyAt(node, lower), key, 0) === 0
  return isIt ? lower : lower - 1
}
