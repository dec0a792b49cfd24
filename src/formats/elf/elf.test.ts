import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { makeElf } from '../../../test/fixtures/make-elf.ts'
import { dynamicNeeds, moduleInfo } from './index.ts'

describe('modules of the kernel', () => {
  test('say what they stand on, and what they drive', () => {
    const modinfo = [
      'alias=pci:v00008086d00001533sv*sd*bc*sc*i*',
      'depends=dca,i2c-algo-bit',
      'softdep=pre: crc32c post: late',
      'firmware=a/b.bin',
      'description=of = no importance',
      '',
    ].join('\0')
    assert.deepEqual(moduleInfo(makeElf({ '.text': 'x', '.modinfo': modinfo }), 'igb.ko'), {
      depends: ['dca', 'i2c-algo-bit'],
      softDepends: ['crc32c'],
      aliases: ['pci:v00008086d00001533sv*sd*bc*sc*i*'],
      firmware: ['a/b.bin'],
    })
  })

  test('are refused where they have no information, and where they are cut', () => {
    const whole = makeElf({ '.modinfo': 'depends=\0' })
    const isDamaged = (error: unknown): boolean => isAnnealError(error, 'ELF_DAMAGED')
    assert.throws(() => moduleInfo(makeElf({ '.text': 'x' }), 'a.ko'), isDamaged)
    for (const length of [0, 63, 64, whole.length - 1])
      assert.throws(() => moduleInfo(whole.subarray(0, length), 'a.ko'), isDamaged)
  })
})

describe('programs', () => {
  test('name their loader and libraries', () => {
    const dynamic = new BigUint64Array([1n, 1n, 14n, 5n, 1n, 11n, 0n, 0n])
    const program = makeElf({
      '.interp': '/lib64/ld.so\0',
      '.dynamic': new Uint8Array(dynamic.buffer),
      '.dynstr': '\0libc.so.6\0libz.so.1\0',
    })
    assert.deepEqual(dynamicNeeds(program, 'p'), {
      interpreter: '/lib64/ld.so',
      libraries: ['libc.so.6', 'libz.so.1'],
    })
  })

  test('of this machine need libc', () => {
    assert.ok(
      dynamicNeeds(readFileSync('/bin/sh'), 'sh').libraries.some((name) => name.startsWith('libc.so')),
    )
  })

  test('that are scripts need nothing', () => {
    assert.deepEqual(dynamicNeeds(new TextEncoder().encode('#!/bin/sh\n'), 's'), { libraries: [] })
  })
})
