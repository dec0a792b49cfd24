import assert from 'node:assert/strict'
import { test } from 'node:test'
import { defaultNames, findRecipe, inputsHash, parseLabels, readRecipes } from './recipe.ts'
import type { ImageRecipe } from './recipe.ts'

const target: ImageRecipe = { name: 'x:bookworm', about: 'x', folder: 'x', arguments: { SUITE: 'a' } }
const file = (path: string, content: string, executable = false) => ({
  path,
  content: Buffer.from(content),
  executable,
})

test('the inputs hash changes with the base, an argument, a file’s name, content or mode, and with nothing else', () => {
  const base = inputsHash(target, 'b', [file('/a', '1')])
  assert.equal(inputsHash({ ...target, about: 'other words' }, 'b', [file('/a', '1')]), base)
  const others = [
    inputsHash(target, 'c', [file('/a', '1')]),
    inputsHash({ ...target, arguments: { SUITE: 'b' } }, 'b', [file('/a', '1')]),
    inputsHash(target, 'b', [file('/b', '1')]),
    inputsHash(target, 'b', [file('/a', '2')]),
    inputsHash(target, 'b', [file('/a', '1', true)]),
  ]
  assert.equal(new Set([base, ...others]).size, 6)
})

test('recipes are found by short, tagged and full name, and an unknown one names the known', () => {
  const book = readRecipes()
  const names = ['nova-libvirt', 'nova-libvirt:bookworm', 'localhost/anneal/nova-libvirt:bookworm']
  assert.deepEqual(
    names.map((name) => findRecipe(book, name).name),
    Array(3).fill('nova-libvirt:bookworm'),
  )
  assert.throws(() => findRecipe(book, 'nova-network'), { code: 'RECIPE_UNKNOWN' })
})

test('images of other Debian suites are built where they are named, and not with all others', () => {
  const book = readRecipes()
  assert.ok(findRecipe(book, 'nova-libvirt:trixie'))
  assert.deepEqual(
    defaultNames(book).filter((name) => !name.includes(':bookworm')),
    [],
  )
})

test('every recipe has either a folder or a script', () => {
  for (const { name, folder, make } of readRecipes().recipes) {
    assert.equal((folder === undefined) !== (make === undefined), true, name)
  }
})

test('labels are read line by line, and other lines are left out', () => {
  assert.deepEqual(parseLabels('io.anneal.libvirt.version=9.0.0\nnot a label\nA=b\n'), {
    'io.anneal.libvirt.version': '9.0.0',
  })
})
