import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../errors.ts'
import { editKernelArguments } from './edit.ts'
import { parseKernelCommandLine } from './parse.ts'

function edit(line: string, remove: readonly string[], append: readonly string[]) {
  const edited = editKernelArguments(parseKernelCommandLine(line).arguments, { delete: remove, append })
  return [...edited.kept, ...edited.appended].map(({ text }) => text).join(' ')
}

test('a key removes all of its arguments, a key with a value only those', () => {
  assert.equal(edit('console=tty0 rw console=ttyS0', ['console'], []), 'rw')
  assert.equal(edit('console=tty0 rw console=ttyS0', ['console=tty0'], []), 'rw console=ttyS0')
})

test('arguments are appended in order, also ones that are there', () => {
  assert.equal(
    edit('console=ttyS0 console=tty0', [], ['console=ttyS0', 'rw']),
    'console=ttyS0 console=tty0 console=ttyS0 rw',
  )
})

test('what counts once replaces the one before', () => {
  assert.equal(edit('root=UUID=1 rw', [], ['root=/dev/sda1']), 'rw root=/dev/sda1')
})

test('deleting comes first, so that an argument can be exchanged', () => {
  assert.equal(edit('a=1 b', ['a'], ['a=1']), 'b a=1')
})

test('removing an absent argument is refused', () => {
  assert.throws(
    () => edit('root=UUID=1', ['rot'], []),
    (error) => isAnnealError(error, 'KERNEL_ARGUMENT_ABSENT'),
  )
})
