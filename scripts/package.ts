/**
 * Makes the packages that a node gets Anneal by; docs/install.md says what is in them.
 *
 *     node scripts/package.ts deb [--out DIR] [--version V] [--fast]    the Debian package; by default in build/
 *     node scripts/package.ts npm-add | npm-remove                      what `npm pack` does before and after
 *
 * `--fast` compresses nothing. `--version` is for tries: what the package says of itself. The time in a package is
 * SOURCE_DATE_EPOCH, or that of the last commit.
 */
import { join, resolve } from 'node:path'
import { scriptArguments } from './script-arguments.ts'
import { addNpmFiles, buildDeb, removeNpmFiles } from './package/index.ts'
import { ROOT, readEdition } from './source/index.ts'

const { values, positionals } = scriptArguments({
  options: {
    out: { type: 'string' },
    version: { type: 'string' },
    fast: { type: 'boolean', default: false },
  },
  allowPositionals: true,
})

const [wanted = ''] = positionals
switch (wanted) {
  case 'deb': {
    const edition = readEdition()
    const deb = await buildDeb({
      edition: { ...edition, version: values.version ?? edition.version },
      out: values.out === undefined ? join(ROOT, 'build') : resolve(values.out),
      compression: values.fast ? ['-Znone'] : ['-Zxz'],
    })
    process.stdout.write(`${deb}\n`)
    break
  }
  case 'npm-add':
    await addNpmFiles()
    break
  case 'npm-remove':
    removeNpmFiles()
    break
  default:
    process.stderr.write(
      'usage: node scripts/package.ts deb [--out DIR] [--version V] [--fast] | npm-add | npm-remove\n',
    )
    process.exitCode = 2
}
