import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { parseDocument } from 'yaml'
import { yamlValue } from './yaml-value.ts'

describe('a YAML text', () => {
  const read = (text: string) => yamlValue(parseDocument(text, { schema: 'failsafe' }))

  test('gives its value', () => {
    assert.deepEqual(read('a: [x, 1]\n'), { a: ['x', '1'] })
  })

  // With each of these the parser quotes the secret, in its message or in a warning that it prints.
  for (const value of [
    '!Secret1',
    '*Secret1',
    '>Secret1',
    '|Secret1',
    '@Secret1',
    'Secret1: x',
    '{Secret1',
  ]) {
    test(`that is none is refused without a word of it: ${value}`, async () => {
      const warned: string[] = []
      const listen = ({ message }: Error) => warned.push(message)
      process.on('warning', listen)
      try {
        assert.throws(
          () => read(`user: admin\npassword: ${value}\n`),
          ({ message, cause }: Error) => {
            assert.match(message, /^it is not YAML \((line [23]: |an alias)/)
            assert.doesNotMatch(message, /Secret1/)
            return cause === undefined
          },
        )
        // A warning is told later.
        await setImmediate()
      } finally {
        process.off('warning', listen)
      }
      assert.deepEqual(warned, [])
    })
  }
})
