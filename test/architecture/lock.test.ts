import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { completeLock, missingFrom, platformOf } from '../../scripts/lock/index.ts'
import type { Lock } from '../../scripts/lock/index.ts'
import { ROOT } from '../../scripts/source/index.ts'

const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock

test('package-lock.json has a line for every optional dependency, without which `npm ci` refuses it', () => {
  const missing = missingFrom(lock).map(({ by, name }) => `${by}: ${name}`)
  assert.deepEqual(missing, [], 'run "node_modules/.bin/node scripts/complete-lock.ts"')
})

test('package-lock.json names no registry: everybody installs from their own', () => {
  const named = Object.entries(lock.packages).filter(([, one]) => one.resolved !== undefined)
  assert.deepEqual(
    named.map(([place]) => place),
    [],
  )
})

test('every package that this platform installs is held by its digest', () => {
  const loose = Object.entries(lock.packages).filter(
    ([place, one]) =>
      place !== '' &&
      one.integrity === undefined &&
      (one.optional !== true ||
        (one.os?.includes('linux') === true &&
          one.cpu?.includes('x64') === true &&
          one.libc?.includes('musl') !== true)),
  )
  assert.deepEqual(
    loose.map(([place]) => place),
    [],
  )
})

test('a missing line is found wherever it could stand, and added with its platform', () => {
  const packages = {
    '': {},
    'node_modules/a': {
      dev: true,
      optionalDependencies: { '@a/linux-x64-musl': '1.0.0', '@a/darwin-arm64': '1.0.0' },
    },
    'node_modules/b': { optionalDependencies: { c: '2.0.0' } },
    'node_modules/b/node_modules/c': { version: '2.0.0' },
    'node_modules/b/node_modules/d': { optionalDependencies: { c: '2.0.0' } },
    'node_modules/@a/darwin-arm64': { version: '1.0.0' },
  }
  assert.deepEqual(missingFrom({ packages }), [
    { by: 'node_modules/a', name: '@a/linux-x64-musl', version: '1.0.0' },
  ])
  const { completed } = completeLock({ packages })
  assert.deepEqual(missingFrom(completed), [])
  assert.deepEqual(completed.packages['node_modules/@a/linux-x64-musl'], {
    version: '1.0.0',
    cpu: ['x64'],
    dev: true,
    libc: ['musl'],
    optional: true,
    os: ['linux'],
  })
})

test('a package that names no platform is not guessed', () => {
  assert.deepEqual(platformOf('@oxlint/binding-linux-arm-gnueabihf'), {
    os: 'linux',
    cpu: 'arm',
    libc: 'glibc',
  })
  assert.deepEqual(platformOf('@a/win32-x64-msvc'), { os: 'win32', cpu: 'x64' })
  assert.equal(platformOf('cpu-features'), undefined)
})
