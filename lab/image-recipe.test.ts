import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inputsHash, parseLabels, recipe } from './image-recipe.ts'
import type { ImageRecipe, InputFile } from './image-recipe.ts'

const KNOWN: readonly ImageRecipe[] = [
  {
    name: 'nova-libvirt:bookworm',
    about: '',
    folder: 'images/nova-libvirt',
    arguments: { SUITE: 'bookworm' },
  },
  { name: 'nova-libvirt:bookworm-backports', about: '', folder: 'images/nova-libvirt' },
]
const FILE: InputFile = {
  path: '/Dockerfile',
  executable: false,
  content: new TextEncoder().encode('FROM base'),
}

test('a name without a tag means bookworm, with or without the registry prefix', () => {
  assert.equal(recipe('nova-libvirt', KNOWN).name, 'nova-libvirt:bookworm')
  assert.equal(recipe('localhost/anneal/nova-libvirt', KNOWN).name, 'nova-libvirt:bookworm')
  assert.equal(recipe('nova-libvirt:bookworm-backports', KNOWN).name, 'nova-libvirt:bookworm-backports')
})

test('an unknown image is refused with the names that are known', () => {
  assert.throws(() => recipe('nova-network', KNOWN), { code: 'LAB_IMAGE_UNKNOWN', message: /"nova-network"/ })
})

test('an image is built again when a file, its mode, an argument or its base changes, and not otherwise', () => {
  const [target] = KNOWN
  assert.ok(target !== undefined)
  const hash = (one: ImageRecipe, base: string, file: InputFile): string =>
    inputsHash(one, base, () => [file])
  const first = hash(target, 'base', FILE)
  assert.equal(hash({ ...target }, 'base', { ...FILE }), first)
  assert.notEqual(hash(target, 'another base', FILE), first)
  assert.notEqual(hash({ ...target, arguments: { SUITE: 'trixie' } }, 'base', FILE), first)
  assert.notEqual(hash(target, 'base', { ...FILE, executable: true }), first)
  assert.notEqual(hash(target, 'base', { ...FILE, content: new TextEncoder().encode('FROM other') }), first)
})

test('labels are lines of the form name=value, and noise between them is left out', () => {
  assert.deepEqual(
    parseLabels('io.anneal.libvirt.version=9.0.0\n\nnoise\nio.anneal.qemu.package=1:7.2+dfsg-7\n'),
    {
      'io.anneal.libvirt.version': '9.0.0',
      'io.anneal.qemu.package': '1:7.2+dfsg-7',
    },
  )
})
