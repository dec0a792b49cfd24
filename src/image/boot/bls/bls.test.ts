import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseBlsEntry, parseBlsFileName } from './entry.ts'
import { compareGrubNames } from '../versions.ts'
import { inSystemdBootOrder, inVersionOrder } from './order.ts'

const inGrubOrder = (entries: readonly ReturnType<typeof parseBlsEntry>[]) =>
  entries.toSorted((a, b) =>
    compareGrubNames(b.fileName.replace('.conf', ''), a.fileName.replace('.conf', '')),
  )
const MACHINE = '6a9857a393724b7a981ebb5b8495b9ea'

function named(fileName: string, keys = ''): ReturnType<typeof parseBlsEntry> {
  return parseBlsEntry(fileName, keys.replaceAll('; ', '\n'))
}
const ids = (entries: readonly Readonly<{ fileName: string }>[]): readonly string[] =>
  entries.map(({ fileName }) => fileName)

test('an entry is read with its lines, repeated keys included', () => {
  const text = `# made by ostree
title Fedora Linux 41
version 2
  linux	/ostree/fedora-0/vmlinuz
initrd /ostree/fedora-0/a.img
initrd /ostree/fedora-0/b.img
options root=UUID=1 rw
options ostree=/ostree/boot.1/fedora/0/0 \r
devicetree /x.dtb
empty

grub_users $grub_users
`
  const entry = parseBlsEntry('ostree-2-fedora.conf', text)
  assert.equal(entry.title, 'Fedora Linux 41')
  assert.deepEqual(entry.linux, { line: 4, text: '/ostree/fedora-0/vmlinuz' })
  assert.deepEqual(
    entry.initrds.map(({ line }) => line),
    [5, 6],
  )
  assert.deepEqual(entry.options, [
    { line: 7, text: 'root=UUID=1 rw' },
    { line: 8, text: 'ostree=/ostree/boot.1/fedora/0/0' },
  ])
  assert.deepEqual(entry.devicetree, { line: 9, text: '/x.dtb' })
})

test('boot counters are separated from the rest of the name, in every form', () => {
  assert.deepEqual(parseBlsFileName('ostree-2-fedora-atomic.conf'), { id: 'ostree-2-fedora-atomic' })
  assert.deepEqual(parseBlsFileName('ostree-1.conf'), { id: 'ostree-1' })
  assert.deepEqual(parseBlsFileName('ostree-1+3.conf'), { id: 'ostree-1', triesLeft: 3, triesDone: 0 })
  assert.deepEqual(parseBlsFileName(`${MACHINE}-6.5.6-300.fc39.x86_64+2-1.conf`), {
    id: `${MACHINE}-6.5.6-300.fc39.x86_64`,
    triesLeft: 2,
    triesDone: 1,
  })
  assert.deepEqual(parseBlsFileName('bootc_fedora-41-0.conf'), { id: 'bootc_fedora-41-0' })
  assert.deepEqual(parseBlsFileName('a+b.conf'), { id: 'a+b' })
})

test('GRUB puts the newest file name first, and does not look inside', () => {
  assert.deepEqual(
    ids(
      inGrubOrder([
        named('ostree-1-fedora-coreos.conf', 'version 9'),
        named('ostree-2-fedora-coreos.conf', 'version 1'),
        named('ostree-10-fedora-coreos.conf'),
      ]),
    ),
    ['ostree-10-fedora-coreos.conf', 'ostree-2-fedora-coreos.conf', 'ostree-1-fedora-coreos.conf'],
  )
  assert.deepEqual(
    ids(
      inGrubOrder([
        named(`${MACHINE}-0-rescue.conf`),
        named(`${MACHINE}-5.14.0-70.el9.x86_64.conf`),
        named(`${MACHINE}-5.14.0-362.8.1.el9_3.x86_64.conf`),
      ]),
    ),
    [
      `${MACHINE}-5.14.0-362.8.1.el9_3.x86_64.conf`,
      `${MACHINE}-5.14.0-70.el9.x86_64.conf`,
      `${MACHINE}-0-rescue.conf`,
    ],
  )
  assert.deepEqual(ids(inGrubOrder([named('bootc_fedora-41-0.conf'), named('bootc_fedora-41-1.conf')])), [
    'bootc_fedora-41-1.conf',
    'bootc_fedora-41-0.conf',
  ])
})

test('systemd-boot goes by sort key, then newest version, and puts entries without tries left last', () => {
  const entries = [
    named('old.conf'),
    named('b.conf', 'sort-key fedora; version 6.5'),
    named('bad+0-3.conf', 'sort-key fedora; version 6.9'),
    named('a.conf', 'sort-key fedora; version 6.11'),
    named('z.conf', 'sort-key debian; version 1'),
    named('older.conf'),
  ]
  assert.deepEqual(ids(inSystemdBootOrder(entries)), [
    'z.conf',
    'a.conf',
    'b.conf',
    'older.conf',
    'old.conf',
    'bad+0-3.conf',
  ])
})

test('of the same entry twice, the one with more tries left comes first, then the one tried less', () => {
  const entries = [named('a+1-2.conf'), named('a+3-1.conf'), named('a+3.conf')]
  assert.deepEqual(ids(inSystemdBootOrder(entries)), ['a+3.conf', 'a+3-1.conf', 'a+1-2.conf'])
})

test('without a boot loader the highest version comes first', () => {
  const entries = [named('ostree-1.conf', 'version 2'), named('ostree-2.conf', 'version 10')]
  assert.deepEqual(ids(inVersionOrder(entries)), ['ostree-2.conf', 'ostree-1.conf'])
})
