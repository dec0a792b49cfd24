import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../source/index.ts'

/** Files of the work tree that differ from the last commit, new ones too; paths from the project's folder. */
export function changedFiles(root = ROOT): readonly string[] {
  const git = (...argv: readonly string[]) =>
    execFileSync('git', argv, { cwd: root, encoding: 'utf8' }).split('\0').slice(0, -1)
  const tracked = git('diff', '--name-only', '--relative', '-z', 'HEAD', '--', '.')
  const added = git('ls-files', '--others', '--exclude-standard', '-z', '--', '.')
  return [...new Set([...tracked, ...added])].filter((path) => existsSync(join(root, path))).toSorted()
}

/** The test beside each file, and the tests among them; only those that exist. */
export function ownTests(files: readonly string[], root = ROOT): readonly string[] {
  const tests = files
    .filter((path) => path.endsWith('.ts'))
    .map((path) => (path.endsWith('.test.ts') ? path : path.replace(/\.ts$/, '.test.ts')))
  return [...new Set(tests)].filter((path) => existsSync(join(root, path))).toSorted()
}
