import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { metalError, readInventory } from '../../metal/index.ts'
import type { Inventory } from '../../metal/index.ts'

/** Reads an inventory from a YAML file. Throws INVENTORY_INVALID. */
export function readInventoryFile(path: string): Inventory {
  let tree: unknown
  try {
    // Twice the same key in a map, or an alias that grows without end, is an error of the parser. Its own limit counts
    // every plain use of an anchor, and stops at a hundred machines (findings/a-hundred-aliases-are-an-attack.sh).
    tree = parse(readFileSync(path, 'utf8'), { maxAliasCount: 100_000 })
  } catch (error) {
    const why = ((error as Error).message.split('\n')[0] ?? '').replace(/:$/, '')
    throw metalError('INVENTORY_INVALID', { file: path, at: 'the file', why }, error)
  }
  return readInventory(tree, path)
}
