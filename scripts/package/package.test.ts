import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { compileModule, productionPackages, programFiles, readLock, runtimeFiles } from './index.ts'

describe('a module of a package', () => {
  const source = [
    `import { a } from './a.ts'`,
    `import type { B } from '../b.ts'`,
    `export * from './c.ts'`,
    `import { d } from 'node:fs'`,
    `const worker = new URL('./worker.ts', import.meta.url)`,
    `const schema = new URL('x.json', import.meta.url)`,
    `const page = new URL('https://host/x.ts')`,
    `export async function f<T>(one: T): Promise<T> { await import('./late.ts'); return one }`,
  ].join('\n')

  test('refers to JavaScript, and stays where it was line by line and column by column', () => {
    const { text } = compileModule('src/x/y.ts', source)
    const [first, second, ...rest] = text.split('\n')
    assert.equal(first, `import { a } from './a.js'`)
    assert.equal(second?.trim(), '')
    assert.equal(rest[0], `export * from './c.js'`)
    assert.equal(rest[2], `const worker = new URL('./worker.js', import.meta.url)`)
    assert.equal(rest[4], `const page = new URL('https://host/x.ts')`)
    assert.equal(rest[5]?.indexOf('return one'), source.split('\n')[7]?.indexOf('return one'))
    assert.doesNotMatch(text, /Promise|<T>/)
  })

  test('names what it needs when it runs, and no type', () => {
    assert.deepEqual(compileModule('src/x/y.ts', source).needs.toSorted(), [
      './a.ts',
      './c.ts',
      './late.ts',
      './worker.ts',
      'x.json',
    ])
  })
})

describe('the program of a package', () => {
  const paths = programFiles().map(({ path }) => path)

  test('has the commands, the threads and the schema that it reads, and nothing that only tests reach', () => {
    for (const path of [
      'lib/cli/main.js',
      'lib/adapters/convert/chunk-thread.js',
      'lib/adapters/image-source/decompress-worker.js',
      'lib/adapters/compose/x-anneal.schema.json',
    ]) {
      assert.ok(paths.includes(path), path)
    }
    assert.deepEqual(
      paths.filter((path) => /\.ts$|\.test\.|\/(testing|fixtures|simulated)\//.test(path)),
      [],
    )
  })
})

describe('the packages that the program needs', () => {
  test('are what the dependencies need, and no tool of the development', () => {
    const names = productionPackages(readLock()).map(({ name }) => name)
    for (const name of ['node', 'dockerode', 'yaml', 'streamx']) assert.ok(names.includes(name), name)
    for (const name of ['typescript', 'oxlint', 'fast-check', '@types/node', 'cpu-features']) {
      assert.ok(!names.includes(name), name)
    }
  })

  test('are found as Node finds them: beside who needs them, else further up', () => {
    const packages = {
      '': { dependencies: { a: '1', b: '1' } },
      'node_modules/a': { version: '1.0.0', license: 'MIT', dependencies: { b: '2' } },
      'node_modules/a/node_modules/b': { version: '2.0.0', license: 'ISC', dependencies: { c: '1' } },
      'node_modules/b': { version: '1.0.0', license: 'ISC', optionalDependencies: { tool: '1' } },
      'node_modules/c': { version: '1.0.0', license: 'MIT' },
      'node_modules/tool': { version: '1.0.0' },
    }
    assert.deepEqual(
      productionPackages({ packages }).map(({ place, version }) => `${place} ${version}`),
      [
        'node_modules/a 1.0.0',
        'node_modules/a/node_modules/b 2.0.0',
        'node_modules/b 1.0.0',
        'node_modules/c 1.0.0',
      ],
    )
    assert.throws(() => productionPackages({ packages: { '': { dependencies: { gone: '1' } } } }), /no gone/)
  })

  test('bring code that looks like documentation, and neither types nor tests', () => {
    const yaml = productionPackages(readLock()).find(({ name }) => name === 'yaml')
    assert.ok(yaml)
    const files = runtimeFiles(yaml)
    assert.ok(files.includes('dist/doc/Document.js') && files.includes('package.json'))
    assert.deepEqual(
      files.filter((path) => /\.d\.ts$|\.map$|^LICENSE|\.md$/.test(path)),
      [],
    )
  })
})
