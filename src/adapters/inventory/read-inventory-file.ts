import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import { yamlValue } from '../../core/index.ts'
import { metalError, readInventory } from '../../metal/index.ts'
import type { Inventory } from '../../metal/index.ts'

/** Reads an inventory from a YAML file. Throws INVENTORY_INVALID. */
export function readInventoryFile(path: string): Inventory {
  let tree: unknown
  try {
    // Twice the same key in a map, or an alias that grows without end, is an error of the parser. Its own limit counts
    // every plain use of an anchor, and stops at a hundred machines (findings/a-hundred-aliases-are-an-attack.sh).
    tree = yamlValue(parseDocument(readFileSync(path, 'utf8')), { maxAliasCount: 100_000 })
  } catch (error) {
    throw metalError('INVENTORY_INVALID', { file: path, at: 'the file', why: (error as Error).message })
  }
  return readInventory(tree, path)
}
