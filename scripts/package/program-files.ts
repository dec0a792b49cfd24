import { existsSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { ROOT } from '../source/index.ts'
import { compileModule } from './compile-module.ts'

/** Where the program begins. */
const ENTRY = 'src/cli/main.ts'

/** A file of the installed program. */
export type ProgramFile = Readonly<{ path: string; content: string | Buffer }>

/**
 * The program as it is installed: each module that src/cli/main.ts reaches, as JavaScript below `lib/`, and the files that they
 * read. What only tests reach is no part of it. `lib/` lies where `src/` lay, so that paths to what is beside it still hold.
 * @throws where a module refers to a file that is not there
 */
export function programFiles(): readonly ProgramFile[] {
  const files: ProgramFile[] = []
  const seen = new Set<string>([ENTRY])
  const queue = [ENTRY]
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (!existsSync(join(ROOT, path))) throw new Error(`a module refers to ${path}, which is not there`)
    const content = readFileSync(join(ROOT, path))
    if (!path.endsWith('.ts')) {
      files.push({ path: installedPath(path), content })
      continue
    }
    const { text, needs } = compileModule(path, content.toString())
    files.push({ path: installedPath(path), content: text })
    for (const need of needs) {
      const target = posix.join(posix.dirname(path), need)
      // package.json is beside lib/ in every package.
      if (target === 'package.json' || seen.has(target)) continue
      seen.add(target)
      queue.push(target)
    }
  }
  return files.toSorted((one, other) => (one.path < other.path ? -1 : 1))
}

function installedPath(path: string): string {
  if (!path.startsWith('src/')) throw new Error(`${path} is reached by the program and lies outside of src/`)
  return path.replace(/^src\//, 'lib/').replace(/\.ts$/, '.js')
}
